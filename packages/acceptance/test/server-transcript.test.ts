import { certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConnectionProgram, PROGRAMS } from "./client-programs.ts";
import { type Line, type Ports, type Program, startServer } from "./program.ts";
import { play, type Recording } from "./raw-client.ts";

/** For the programs that wait for a timer, and for all others, on a machine that is busy. ms */
const TIMERS = { timed: 1_000, untimed: 30_000 } as const;
type Timers = keyof typeof TIMERS;

function settings(timers: Timers): object {
  const timeouts = { handshake: TIMERS[timers], close: TIMERS[timers], idle: 0, ping: 0 };
  return { timeouts, limits: { message: 2_097_152 } };
}

interface Transcript extends Recording {
  /** What the server's hooks heard. */
  readonly events: readonly Line[];
}

type ServerName = `${RuntimeName} ${Timers}`;
const servers = new Map<ServerName, { readonly program: Program; readonly ports: Ports }>();

beforeAll(async () => {
  const pem = await certificate();
  const starting = RUNTIMES.flatMap((runtime) =>
    (["timed", "untimed"] as const).map(async (timers) => {
      const given = [`@sansocket/${runtime}`, JSON.stringify({ ...pem, ...settings(timers) })];
      servers.set(`${runtime} ${timers}`, await startServer(runtime, "server.mjs", given));
    }),
  );
  await Promise.all(starting);
});

afterAll(async () => {
  for (const { program } of servers.values()) await program.stop();
});

async function transcriptOf(
  runtime: RuntimeName,
  kind: keyof Ports,
  program: ConnectionProgram,
): Promise<Transcript> {
  const server = servers.get(`${runtime} ${program.isTimed ? "timed" : "untimed"}`)!;
  const ca = kind === "plain" ? null : (await certificate()).cert;
  const recording = await play(server.ports[kind], ca, program.steps);
  const events = await server.program.settled();
  const ended = program.endDiffers === undefined ? recording.ended : "as the runtime does it";
  return { ...recording, ended, events };
}

describe.each([["plain"], ["secure"]] as const)(
  "%s, Node, Deno and Bun give the same bytes, end and events for",
  (kind) => {
    const programs = PROGRAMS.filter((one) => kind === "plain" || one.plainOnly === undefined);
    test.each(programs)("$title", async (program) => {
      const [node, deno, bun] = await Promise.all(
        RUNTIMES.map((runtime) => transcriptOf(runtime, kind, program)),
      );
      // Something was said or heard: an empty transcript would agree with any other.
      expect(node!.head.length + node!.rest.length + node!.ended.length).toBeGreaterThan(0);
      expect(deno).toEqual(node);
      expect(bun).toEqual(node);
    });
  },
);
