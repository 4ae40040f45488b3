import { type Certificate, certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Line, Program } from "./program.ts";
import { playServer, type ServerRecording } from "./raw-server.ts";
import type { ServerProgram } from "./server-program.ts";
import { SERVER_PROGRAMS } from "./server-programs.ts";

/** None runs out, on a busy machine neither, unless a program says so. */
const TIMEOUTS = { handshake: 15_000, close: 15_000, idle: 0, ping: 0 };

interface Transcript extends ServerRecording {
  /** What the client's steps gave, or why it did not open. */
  readonly told: Line;
}

const clients = new Map<RuntimeName, Program>();
let shared: Certificate;

beforeAll(async () => {
  shared = await certificate();
  for (const runtime of RUNTIMES) {
    clients.set(runtime, new Program(runtime, "client.mjs", [`@sansocket/${runtime}`]));
  }
});

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
});

async function transcriptOf(
  runtime: RuntimeName,
  kind: "plain" | "secure",
  program: ServerProgram,
): Promise<Transcript> {
  const { server, client = [["recount"]], options, timeouts } = program;
  let told: Promise<Line> = Promise.resolve(null);
  const recording = await playServer(kind === "plain" ? null : shared, server, (port) => {
    const url = `${kind === "plain" ? "ws" : "wss"}://localhost:${port}/chat?a=b`;
    const its = {
      limits: { message: 2_097_152 },
      tls: { ca: shared.cert },
      timeouts: { ...TIMEOUTS, ...timeouts },
      ...options,
    };
    told = clients.get(runtime)!.ask({ url, options: its, steps: client });
  });
  const ended = program.endDiffers === undefined ? recording.ended : "as the runtime does it";
  return { ...recording, ended, told: withoutKeys(await told) };
}

/** What was told of an answer has the Sec-WebSocket-Accept of its request. */
function withoutKeys(told: Line): Line {
  return JSON.parse(JSON.stringify(told).replaceAll(/"[A-Za-z0-9+/]{27}="/g, '"<accept>"'));
}

/** What became of it, in short. */
function ending({ error, results }: Line): string {
  if (error !== undefined) return `${error.code} ${error.status}`;
  const { error: code, wasClean, code: closeCode } = results.at(-1);
  return `${code ?? (wasClean ? "clean" : "not clean")} ${closeCode}`;
}

describe.each([["plain"], ["secure"]] as const)(
  "%s, the clients of Node, Deno and Bun write the same bytes and tell the same of",
  (kind) => {
    const programs = SERVER_PROGRAMS.filter((one) => kind === "plain" || !one.plainOnly);
    test.each(programs)("$title: $ends", async (program) => {
      const [node, deno, bun] = await Promise.all(
        RUNTIMES.map((runtime) => transcriptOf(runtime, kind, program)),
      );
      expect(ending(node!.told)).toBe(program.ends);
      expect(node!.head).toContain("<key>");
      expect(deno).toEqual(node);
      expect(bun).toEqual(node);
    });
  },
);
