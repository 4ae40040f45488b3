/** The law of lent memory, put to streams that are no sockets of the kernel: they may hand on what they are given. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from "node:net";
import { Duplex, PassThrough, Transform } from "node:stream";
import { connect as connectTls, TLSSocket } from "node:tls";
import type { OpenTransport } from "@sansocket/driver";
import { lentMemoryFaults } from "@sansocket/testing/driver-laws";
import { certificate } from "@sansocket/workshop/certificate";
import { describe, expect, test } from "vitest";
import { createServer, fromDuplex } from "../src/index.ts";
import { isKernelSocket } from "../src/node-transport.ts";
import { runtime } from "../src/runtime.ts";

const LIMIT = 120_000;

/** Two streams, each of which reads what the other one is written. */
type Pair = [Duplex, Duplex];

const over = (there: Duplex, back: Duplex): Pair => [
  Duplex.from({ readable: back, writable: there }),
  Duplex.from({ readable: there, writable: back }),
];

/** Says that it has taken a chunk, and hands it on in a later turn. */
class Throttle extends Transform {
  override _transform(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    done();
    setImmediate(() => this.push(chunk));
  }

  override _flush(done: () => void): void {
    setImmediate(done);
  }
}

/** Keeps what it is given in a list, and says at once that it has taken it. */
class Lists extends Duplex {
  other: Lists | null = null;
  private list: Buffer[] = [];

  constructor() {
    super({ highWaterMark: 1_000_000 });
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.list.push(chunk);
    setImmediate(() => this.handOn());
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.list.push(chunk);
    setImmediate(() => this.handOn());
    done();
  }

  private handOn(): void {
    for (const chunk of this.list.splice(0)) this.other!.push(chunk);
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.handOn();
      this.other!.push(null);
      done();
    });
  }

  override _read(): void {}
}

function lists(): Pair {
  const pair = [new Lists(), new Lists()] as const;
  pair[0].other = pair[1];
  pair[1].other = pair[0];
  return [...pair];
}

async function sockets(): Promise<[Socket, Socket]> {
  const server = createTcpServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dialed = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const [accepted] = (await once(server, "connection")) as [Socket];
  server.close();
  return [dialed, accepted];
}

async function secured(): Promise<Pair> {
  const { cert, key } = await certificate();
  const [near, far] = lists();
  const server = new TLSSocket(far, { isServer: true, cert, key });
  const client = connectTls({ socket: near, ca: cert, host: "localhost" });
  server.allowHalfOpen = true;
  client.allowHalfOpen = true;
  await once(client, "secureConnect");
  return [client, server];
}

async function http2Streams(): Promise<Pair> {
  const server = createHttp2Server();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const near = session.request({ ":method": "POST" });
  const [far] = (await once(server, "stream")) as [ServerHttp2Stream];
  far.respond({ ":status": 200 });
  near.on("close", () => {
    session.close();
    server.close();
  });
  return [near, far];
}

const PAIRS: [string, () => Pair | Promise<Pair>][] = [
  ["two PassThroughs", () => over(new PassThrough(), new PassThrough())],
  ["two throttles", () => over(new Throttle(), new Throttle())],
  ["lists", lists],
  ["streams of HTTP/2", http2Streams],
  ["TLS over streams that are no sockets", secured],
  [
    "a PassThrough before a socket",
    async () => {
      const [near, far] = await sockets();
      const through = new PassThrough();
      through.pipe(near);
      return [Duplex.from({ readable: near, writable: through }), far];
    },
  ],
];

describe.each(PAIRS)("%s", (_name, pair) => {
  test.each([1, 2])(
    "memory that was taken is not looked at any more, seed %i",
    async (seed) => {
      const [near, far] = await pair();
      const ends = [near, far].map((stream) => Promise.resolve(fromDuplex(stream)));
      const both = ends as [Promise<OpenTransport>, Promise<OpenTransport>];
      expect(await lentMemoryFaults({ ends: both }, runtime, seed)).toEqual([]);
    },
    LIMIT,
  );
});

describe("a loan ends with the write that a socket of the kernel takes, and nowhere else", () => {
  async function judged(make: () => Promise<Duplex[]>): Promise<boolean[]> {
    const made = await make();
    const judgements = made.map(isKernelSocket);
    for (const stream of made) stream.on("error", () => {}).destroy();
    return judgements;
  }

  test.each<[string, () => Promise<Duplex[]>, boolean]>([
    ["TCP", sockets, true],
    ["TLS, which encrypts into memory of its own", secured, true],
    ["a PassThrough", async () => over(new PassThrough(), new PassThrough()), false],
    ["HTTP/2", http2Streams, false],
    ["a socket that was never connected", async () => [new Socket()], false],
    [
      "a socket whose write was replaced",
      async () => (await sockets()).map(replaced("write")),
      false,
    ],
    [
      "a socket whose _write was replaced",
      async () => (await sockets()).map(replaced("_write")),
      false,
    ],
  ])("%s", async (_what, make, expected) => {
    expect(new Set(await judged(make))).toEqual(new Set([expected]));
  });
});

function replaced(name: "write" | "_write"): (socket: Socket) => Socket {
  return (socket) => Object.assign(socket, { [name]: () => true });
}

test("two upgrades of node:http over streams that hand on what they are given: each gets its own", async () => {
  const http = createHttpServer();
  const server = createServer({
    open: (socket) => void socket.write(socket.request!.url.pathname),
  });
  http.on("upgrade", (request, socket, head) => server.handleUpgrade(socket, request, head));
  const [first, second] = ["/a", "/b"].map((path) => {
    const there = new PassThrough();
    const back = new PassThrough();
    http.emit("connection", Duplex.from({ readable: there, writable: back }));
    there.write(
      `GET ${path.repeat(500)} HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    return back;
  });
  await expect.poll(() => server.sockets.length, { timeout: LIMIT }).toBe(2);
  const heard = (back: PassThrough): string => String(back.read()).split("\r\n\r\n")[1]!.slice(4);
  expect(heard(first!)).toBe("/a".repeat(500));
  expect(heard(second!)).toBe("/b".repeat(500));
  await server.shutdown({ grace: 0 });
});
