/** Streams that others made: their peer may end its half before all is said to it, and may have done so before they came to us. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, describe, expect, test } from "vitest";
import {
  type CloseInfo,
  connect,
  fromDuplex,
  type NodeServer,
  createServer as sansocket,
} from "../src/index.ts";

const listening: Server[] = [];
const servers: NodeServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ grace: 100 });
  for (const listener of listening.splice(0)) listener.close();
});

async function listen(listener: Server | HttpServer): Promise<number> {
  listening.push(listener as Server);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return (listener.address() as AddressInfo).port;
}

function request(port: number): string {
  return (
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
  );
}

const MESSAGES = 64;
const LENGTH = 65_536;
/** A binary message of 64 KiB in one frame, with a masking key of zeros; and a Close 1000. */
const MESSAGE = Buffer.concat([
  Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  Buffer.alloc(LENGTH, 7),
]);
const CLOSE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

type Way = readonly [
  how: string,
  isSecure: boolean,
  start: (server: NodeServer) => Promise<Server | HttpServer>,
];

const WAYS: readonly Way[] = [
  [
    "handleUpgrade beside node:http",
    false,
    async (server) => {
      const http = createHttpServer();
      http.on("upgrade", (head, socket, rest) => server.handleUpgrade(socket, head, rest));
      return http;
    },
  ],
  [
    "handleUpgrade beside node:https",
    true,
    async (server) => {
      const http = createHttpsServer(await certificate());
      http.on("upgrade", (head, socket, rest) => server.handleUpgrade(socket, head, rest));
      return http as unknown as HttpServer;
    },
  ],
  [
    "fromDuplex of a node:net socket",
    false,
    async (server) => createServer((socket) => void server.accept(fromDuplex(socket))),
  ],
  [
    "fromDuplex of a node:tls socket",
    true,
    async (server) =>
      createTlsServer(await certificate(), (socket) => void server.accept(fromDuplex(socket))),
  ],
];

describe.each(WAYS)(
  "a client of %s that ends its stream behind its Close",
  (_how, isSecure, start) => {
    test("gets all answers, however late it reads them, and our Close", async () => {
      const server = sansocket({ message: (socket, message) => void socket.write(message) });
      servers.push(server);
      const port = await listen(await start(server));
      const { cert } = await certificate();
      const tcp = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
      const client = isSecure
        ? connectTls({ socket: tcp, ca: cert, servername: "localhost" })
        : tcp;
      client.allowHalfOpen = true;
      client.write(request(port));
      for (let count = 0; count < MESSAGES; count += 1) client.write(MESSAGE);
      client.end(CLOSE);
      await new Promise((resolve) => setTimeout(resolve, 300)); // answers wait
      const chunks: Buffer[] = [];
      for await (const chunk of client) chunks.push(chunk as Buffer);
      const heard = Buffer.concat(chunks);
      const body = heard.subarray(heard.indexOf("\r\n\r\n") + 4);
      expect(body.length).toBe(MESSAGES * (LENGTH + 10) + 4);
      expect([...body.subarray(-4)]).toEqual([0x88, 2, 0x03, 0xe8]);
    });
  },
);

describe("connect over a socket of node:net", () => {
  test("says all that it has to say to a server that has ended its stream", async () => {
    let heard = 0;
    const gone = new Promise<void>((resolve) => {
      const listener = createServer({ allowHalfOpen: true }, async (socket) => {
        const [head] = await once(socket, "data");
        const [, key] = /Sec-WebSocket-Key: (.*)\r\n/.exec(String(head))!;
        const accept = createHash("sha1")
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest("base64");
        socket.pause();
        // A Close and the end of the stream right behind the 101.
        socket.end(
          Buffer.concat([
            Buffer.from(
              `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
            ),
            Buffer.from([0x81, 2, 0x68, 0x69, 0x88, 2, 0x03, 0xe8]),
          ]),
        );
        await new Promise((resolve) => setTimeout(resolve, 300));
        socket.on("data", (chunk) => {
          heard += chunk.length;
        });
        socket.on("error", () => resolve());
        socket.on("end", () => resolve());
        socket.resume();
      });
      void listen(listener).then(async (port) => {
        const socket = await connect(`ws://127.0.0.1:${port}/`, {
          socket: fromDuplex(connectTcp(port, "127.0.0.1")),
        });
        for await (const _message of socket) socket.write(new Uint8Array(8_000_000));
      });
    });
    await gone;
    expect(heard).toBe(8_000_000 + 14 + 8);
  });
});

const LEAVES = [
  ["ended its stream", (client: Socket) => void client.end()],
  ["reset it", (client: Socket) => void client.resetAndDestroy()],
] as const;

describe.each(LEAVES)("a client that %s before handleUpgrade was called", (_how, leave) => {
  test("leaves no connection behind", async () => {
    const opened: unknown[] = [];
    const closed: CloseInfo[] = [];
    const server = sansocket({
      timeouts: { idle: 0, ping: 0 },
      open: (socket) => void opened.push(socket),
      close: (_socket, info) => void closed.push(info),
    });
    servers.push(server);
    const http = createHttpServer();
    const served = new Promise<void>((resolve) => {
      http.on("upgrade", async (head, socket, rest) => {
        socket.on("error", () => {});
        const gone = new Promise<void>((resolve) => {
          socket.once("close", () => resolve()).once("end", () => resolve());
        });
        leave(client);
        await gone;
        await new Promise((later) => setTimeout(later, 20));
        server.handleUpgrade(socket, head, rest);
        resolve();
      });
    });
    const port = await listen(http);
    const client = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("error", () => {});
    client.resume();
    client.write(request(port));
    await served;
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(closed).toHaveLength(opened.length);
  });
});

const DEAD: readonly (readonly [what: string, make: () => Promise<Duplex>])[] = [
  [
    "has ended",
    async () => {
      const stream = new PassThrough();
      stream.end();
      stream.resume();
      await once(stream, "end");
      return stream;
    },
  ],
  [
    "can only be written to no more",
    async () => {
      const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      stream.end();
      await once(stream, "finish");
      return stream;
    },
  ],
  [
    "was destroyed",
    async () => {
      const stream = new PassThrough();
      stream.destroy();
      await once(stream, "close");
      return stream;
    },
  ],
  [
    "has failed",
    async () => {
      const stream = new PassThrough();
      stream.on("error", () => {});
      stream.destroy(Object.assign(new Error("no more"), { code: "EGONE" }));
      await new Promise((resolve) => stream.once("close", resolve));
      return stream;
    },
  ],
  [
    "has failed, and does not close by itself",
    async () => {
      const stream = new PassThrough({ autoDestroy: false });
      stream.on("error", () => {});
      stream.emit("error", Object.assign(new Error("no more"), { code: "EGONE" }));
      stream.push(null);
      stream.resume();
      await once(stream, "end");
      return stream;
    },
  ],
  [
    "is a socket whose server has left",
    async () => {
      const port = await listen(createServer((socket) => void socket.end()));
      const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
      await once(socket, "end");
      return socket;
    },
  ],
];

describe.each(DEAD)("a stream that %s", (_what, make) => {
  test("is refused by connect at once", async () => {
    const socket = fromDuplex(await make());
    await expect(
      connect("ws://127.0.0.1/", { socket, timeouts: { handshake: 0 } }),
    ).rejects.toMatchObject({ name: "ConnectError", code: "ended" });
  });

  test("leaves no connection in a server that accepts it", async () => {
    const server = sansocket({ timeouts: { handshake: 0, close: 0 } });
    servers.push(server);
    server.accept(fromDuplex(await make()));
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.sockets).toEqual([]);
  });
});
