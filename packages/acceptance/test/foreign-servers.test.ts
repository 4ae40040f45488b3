import { createServer as createHttpsServer } from "node:https";
import { type Certificate, certificate, selfSigned } from "@sansocket/workshop/certificate";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { described, pattern } from "../programs/messages.mjs";
import { type Line, type Ports, Program, startServer } from "./program.ts";

const FOREIGN: readonly { readonly name: string; readonly runtime: RuntimeName }[] = [
  { name: "npm's ws", runtime: "node" },
  { name: "Deno.serve", runtime: "deno" },
  { name: "Bun.serve", runtime: "bun" },
];

const servers = new Map<string, { readonly program: Program; readonly ports: Ports }>();
const clients = new Map<RuntimeName, Program>();
let shared: Certificate;

beforeAll(async () => {
  shared = await certificate();
  for (const runtime of RUNTIMES) {
    clients.set(runtime, new Program(runtime, "client.mjs", [`@sansocket/${runtime}`]));
  }
  await Promise.all(
    FOREIGN.map(async ({ name, runtime }) => {
      const given = [JSON.stringify(shared)];
      servers.set(name, await startServer(runtime, "foreign-server.mjs", given));
    }),
  );
});

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
  for (const { program } of servers.values()) await program.stop();
});

const meetings = RUNTIMES.flatMap((client) =>
  FOREIGN.flatMap(({ name }) =>
    (["plain", "secure"] as const).map((kind) => ({ client, name, kind })),
  ),
);

describe.each(meetings)("our client on $client to $name, $kind", ({ client, name, kind }) => {
  async function converse(steps: readonly (readonly unknown[])[]) {
    const { program, ports } = servers.get(name)!;
    const url = `${kind === "plain" ? "ws" : "wss"}://127.0.0.1:${ports[kind]}/`;
    const options = { protocols: ["chat", "other"], tls: { ca: shared.cert } };
    const answer: Line = await clients.get(client)!.ask({ url, options, steps });
    const events: Line[] = [];
    do events.push(await program.next());
    while (events.at(-1).event !== "close");
    return { answer, events };
  }

  test("messages go both ways, pings are answered, and the client closes", async () => {
    const { answer, events } = await converse([
      ["protocol"],
      ["text", "grüße"],
      ["receive"],
      ["bytes", 1_048_576],
      ["receive"],
      ["stream", ["frag", "", "ments"]],
      ["receive"],
      ["text", ""],
      ["receive"],
      ["ping"],
      ["close", 4_000, "done"],
    ]);
    const messages = ["grüße", pattern(1_048_576), "fragments", ""].map(described);
    expect(answer).toEqual({
      results: [
        "chat",
        ...messages.flatMap((message) => ["sent", message]),
        true,
        {
          code: 4_000,
          reason: expect.any(String), // ws and the others answer with our own, or with none
          wasClean: true,
          initiator: "local",
          error: null,
        },
      ],
    });
    expect(events).toEqual([
      ...messages.map((message) => ({ event: "message", ...message })),
      { event: "close", code: 4_000, reason: "done" },
    ]);
  });

  test("the server's Close is understood and answered", async () => {
    const { answer, events } = await converse([["text", "!close 4001 go away"], ["closed"]]);
    const closed = { wasClean: true, initiator: "peer", error: null };
    expect(answer.results).toEqual(["sent", { code: 4_001, reason: "go away", ...closed }]);
    expect(events.at(-1)).toMatchObject({ event: "close", code: 4_001 });
  });
});

test("a server that asks for a certificate gets tls.cert, but not from Deno, which says so", async () => {
  const own = await selfSigned();
  const options = { ...shared, ca: own.cert, requestCert: true, rejectUnauthorized: true };
  const https = createHttpsServer(options);
  new WebSocketServer({ server: https }).on("connection", (socket) => socket.send("I know you"));
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  const { port } = https.address() as { port: number };
  const url = `wss://127.0.0.1:${port}/`;
  const steps = [["receive"], ["close", 1000, ""]];
  const tls = { ca: shared.cert, ...own };
  const ask = (runtime: RuntimeName, its: object): Promise<Line> =>
    clients.get(runtime)!.ask({ url, options: { tls: its }, steps });
  for (const runtime of ["node", "bun"] as const) {
    expect((await ask(runtime, tls)).results?.[0]).toEqual({ text: "I know you" });
    // With TLS 1.3 the client is done before the server has judged its certificate.
    const { error } = await ask(runtime, { ca: shared.cert });
    expect(["tls-failed", "ended"]).toContain(error.code);
  }
  expect((await ask("deno", tls)).error).toEqual({ name: "MisuseError" });
  https.close();
});
