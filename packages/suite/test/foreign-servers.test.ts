import { createHash } from "node:crypto";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { described, pattern } from "../programs/messages.mjs";
import type { RuntimeName } from "./adapter.ts";
import { type Certificate, certificate, selfSigned } from "./certificate.ts";
import { type Line, type Ports, Program, RUNTIMES, startServer } from "./program.ts";

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
  await Promise.all([
    ...FOREIGN.map(async ({ name, runtime }) => {
      const given = [JSON.stringify(shared)];
      servers.set(name, await startServer(runtime, "foreign-server.mjs", given));
    }),
    startWrongServer(),
  ]);
});

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
  for (const { program } of servers.values()) await program.stop();
  wrongServer.closeAllConnections();
  wrongServer.close();
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
      ["octets", 1_048_576],
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

const wrongServer: HttpServer = createHttpServer();

async function startWrongServer(): Promise<void> {
  wrongServer.on("upgrade", (request, socket: Duplex) => {
    const key = String(request.headers["sec-websocket-key"]);
    const accept = createHash("sha1")
      .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    const { answer } = WRONG.find(({ target }) => target === request.url)!;
    socket.on("error", () => {});
    socket.end(answer(accept));
  });
  await new Promise<void>((resolve) => wrongServer.listen(0, "127.0.0.1", resolve));
}

/** A head, and what follows it. */
function head(line: string, fields: Readonly<Record<string, string>>, rest = ""): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${line}\r\n${lines.join("")}\r\n${rest}`;
}

const SWITCHING = "101 Switching Protocols";
const UPGRADE = { Upgrade: "websocket", Connection: "Upgrade" };

/** RFC 6455 §4.1: what a client must check, and fail the connection for. */
const WRONG: readonly {
  readonly what: string;
  readonly target: string;
  readonly answer: (accept: string) => string;
  readonly error: { readonly code: string; readonly status: number };
}[] = [
  {
    what: "403, with a body",
    target: "/403",
    answer: () => head("403 Forbidden", { "Content-Length": "2" }, "no"),
    error: { code: "refused", status: 403 },
  },
  {
    what: "503, with a body in chunks",
    target: "/503",
    answer: () => head("503 Busy", { "Transfer-Encoding": "chunked" }, "4\r\nbusy\r\n0\r\n\r\n"),
    error: { code: "refused", status: 503 },
  },
  {
    what: "200, as if it were a page",
    target: "/200",
    answer: () => head("200 OK", { "Content-Type": "text/html" }, "<html>"),
    error: { code: "refused", status: 200 },
  },
  {
    what: "a redirect, which nobody asked to follow",
    target: "/302",
    answer: () => head("302 Found", { Location: "/elsewhere", "Content-Length": "0" }),
    error: { code: "refused", status: 302 },
  },
  {
    what: "101 without Upgrade",
    target: "/no-upgrade",
    answer: (accept) => head(SWITCHING, { Connection: "Upgrade", "Sec-WebSocket-Accept": accept }),
    error: { code: "violation", status: 101 },
  },
  {
    what: "101 without Connection",
    target: "/no-connection",
    answer: (accept) => head(SWITCHING, { Upgrade: "websocket", "Sec-WebSocket-Accept": accept }),
    error: { code: "violation", status: 101 },
  },
  {
    what: "101 without the accepted key",
    target: "/no-accept",
    answer: () => head(SWITCHING, UPGRADE),
    error: { code: "violation", status: 101 },
  },
  {
    what: "101 with the key of somebody else",
    target: "/wrong-accept",
    answer: () =>
      head(SWITCHING, { ...UPGRADE, "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
    error: { code: "violation", status: 101 },
  },
  {
    what: "101 with a subprotocol that was not offered",
    target: "/protocol",
    answer: (accept) =>
      head(SWITCHING, {
        ...UPGRADE,
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Protocol": "other",
      }),
    error: { code: "violation", status: 101 },
  },
  {
    what: "101 with an extension that was not offered",
    target: "/extension",
    answer: (accept) =>
      head(SWITCHING, {
        ...UPGRADE,
        "Sec-WebSocket-Accept": accept,
        "Sec-WebSocket-Extensions": "permessage-deflate",
      }),
    error: { code: "violation", status: 101 },
  },
  {
    what: "no HTTP at all",
    target: "/ssh",
    answer: () => "SSH-2.0-OpenSSH_9.6\r\n\r\n",
    error: { code: "violation", status: 0 },
  },
  {
    what: "nothing, and the end",
    target: "/nothing",
    answer: () => "",
    error: { code: "ended", status: 0 },
  },
];

describe("our clients in all runtimes say the same of a server that answers", () => {
  test.each(WRONG)("$what", async ({ target, error }) => {
    const { port } = wrongServer.address() as { port: number };
    const asked = { url: `ws://127.0.0.1:${port}${target}`, options: {}, steps: [] };
    const answers = await Promise.all(RUNTIMES.map((runtime) => clients.get(runtime)!.ask(asked)));
    for (const answer of answers) {
      expect(answer.error).toEqual({ name: "ConnectError", ...error });
      expect(answer.message).toBe(answers[0].message);
    }
  });
});
