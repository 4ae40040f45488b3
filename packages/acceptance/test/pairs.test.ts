import { type Certificate, certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { described, pattern } from "../programs/messages.mjs";
import { type Line, type Ports, Program, startServer } from "./program.ts";

const servers = new Map<RuntimeName, { readonly program: Program; readonly ports: Ports }>();
const clients = new Map<RuntimeName, Program>();
let shared: Certificate;

beforeAll(async () => {
  shared = await certificate();
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const adapter = `@sansocket/${runtime}`;
      clients.set(runtime, new Program(runtime, "client.mjs", [adapter]));
      const given = [adapter, JSON.stringify(shared)];
      servers.set(runtime, await startServer(runtime, "server.mjs", given));
    }),
  );
});

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
  for (const { program } of servers.values()) await program.stop();
});

const pairs = RUNTIMES.flatMap((client) =>
  RUNTIMES.flatMap((server) =>
    (["plain", "secure"] as const).map((kind) => ({ client, server, kind })),
  ),
);

const text = "grüße, 世界 😀";
const long = "é".repeat(100_000);

describe.each(pairs)("$client to $server, $kind", ({ client, server, kind }) => {
  async function converse(steps: readonly (readonly unknown[])[]) {
    const { program, ports } = servers.get(server)!;
    const url = `${kind === "plain" ? "ws" : "wss"}://127.0.0.1:${ports[kind]}/`;
    const options = { protocols: ["other", "chat"], tls: { ca: shared.cert } };
    const answer: Line = await clients.get(client)!.ask({ url, options, steps });
    return { answer, events: await program.settled() };
  }

  test("messages, fragments, pings and the client's Close arrive as they were sent", async () => {
    const { answer, events } = await converse([
      ["protocol"],
      ["text", text],
      ["receive"],
      ["bytes", 1_048_576],
      ["receive"],
      ["stream", ["frag", "", "ments"]],
      ["receive"],
      ["text", long],
      ["receive"],
      ["text", ""],
      ["receive"],
      ["ping"],
      ["close", 4_000, "done"],
    ]);
    const messages = [text, pattern(1_048_576), "fragments", long, ""].map(described);
    const closed = { code: 4_000, wasClean: true, error: null };
    expect(answer).toEqual({
      results: [
        "chat",
        ...messages.flatMap((message) => ["sent", message]),
        true,
        { ...closed, reason: "", initiator: "local" },
      ],
    });
    expect(events).toEqual([
      { event: "upgrade", target: "/", origin: null, protocols: ["other", "chat"] },
      { event: "open", protocol: "chat" },
      ...messages.map((message) => ({ event: "message", ...message })),
      { event: "ping", payload: expect.any(Array) },
      { event: "close", ...closed, reason: "done", initiator: "peer", violation: null },
    ]);
  });

  test("the server's pings, fragments and Close arrive as they were sent", async () => {
    const { answer, events } = await converse([
      ["text", "!ping"],
      ["text", "!stream"],
      ["receive"],
      ["text", "!close 4001 go away"],
      ["closed"],
    ]);
    const closed = { code: 4_001, wasClean: true, error: null };
    expect(answer).toEqual({
      results: [
        "sent",
        "sent",
        { text: "one two three" },
        "sent",
        { ...closed, reason: "go away", initiator: "peer" },
      ],
    });
    // When the pong comes is nobody's business, so long as it comes.
    expect(events).toContainEqual({ event: "pong", payload: [1, 2, 3] });
    expect(events.slice(2).filter(({ event }) => event !== "pong")).toEqual([
      { event: "message", text: "!ping" },
      { event: "message", text: "!stream" },
      { event: "message", text: "!close 4001 go away" },
      { event: "close", ...closed, reason: "", initiator: "local", violation: null },
    ]);
  });
});
