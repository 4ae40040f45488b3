import { certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { described } from "../programs/messages.mjs";
import { pattern } from "./bytes.ts";
import { unixPath } from "./places.ts";
import { type Line, Program, startServer } from "./program.ts";

const started: Program[] = [];
let settings: object;

beforeAll(async () => {
  settings = await certificate();
});

afterAll(async () => {
  for (const program of started) await program.stop();
});

async function server(runtime: (typeof RUNTIMES)[number], program: string, given: string[]) {
  const path = unixPath();
  const asked = [...given, JSON.stringify({ ...settings, path })];
  const { program: running } = await startServer(runtime, program, asked);
  started.push(running);
  return { path, running };
}

function client(...given: ConstructorParameters<typeof Program>): Program {
  const running = new Program(...given);
  started.push(running);
  return running;
}

const bytes = described(pattern(300_000));
const steps = [
  ["text", "grüße"],
  ["receive"],
  ["bytes", 300_000],
  ["receive"],
  ["close", 4_000, "done"],
];

function expectEchoes({ results }: Line): void {
  expect(results.slice(0, 4)).toEqual(["sent", { text: "grüße" }, "sent", bytes]);
  expect(results[4]).toMatchObject({ code: 4_000, wasClean: true });
}

describe.each(RUNTIMES)("over a unix socket, on %s", (runtime) => {
  test("our server serves npm's ws", async () => {
    const { path, running } = await server(runtime, "server.mjs", [`@sansocket/${runtime}`]);
    const ws = client("node", "standard-client.mjs", ["ws"]);
    const url = `ws+unix:${path}:/chat?a=b`;
    expectEchoes(await ws.ask({ url, protocols: ["chat"], options: {}, steps }));
    const [upgrade, open] = await running.settled();
    expect(upgrade).toMatchObject({ event: "upgrade", target: "/chat?a=b", origin: null });
    expect(open).toEqual({ event: "open", protocol: "chat" });
  });

  test("our client talks to a server of npm's ws", async () => {
    const { path, running } = await server("node", "foreign-server.mjs", []);
    const ours = client(runtime, "client.mjs", [`@sansocket/${runtime}`]);
    expectEchoes(await ours.ask({ url: "ws://localhost/", options: { path }, steps }));
    expect(await running.next()).toEqual({ event: "message", text: "grüße" });
  });
});
