/** What an HTTP server has taken for an upgrade, at its edges: twice, in another order, rewritten, when the server is full. */
import { once } from "node:events";
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
} from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  connect,
  createServer,
  fromDuplex,
  type Message,
  MisuseError,
  type NodeServer,
  type ServerError,
  type ServerOptions,
  type Socket,
} from "../src/index.ts";

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(onUpgrade: OnUpgrade): Promise<{ http: HttpServer; port: number }> {
  const http = createHttpServer((_, response) => response.end("the page"));
  http.on("upgrade", onUpgrade);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return { http, port: (http.address() as AddressInfo).port };
}

function serverOf(options: Partial<ServerOptions<undefined>> = {}): NodeServer {
  const echo = { message: (socket: Socket, message: Message) => void socket.write(message) };
  const server = createServer<undefined>({ ...echo, ...options } as ServerOptions<undefined>);
  cleanups.push(() => server.shutdown({ grace: 100 }));
  return server;
}

const requestOf = (target: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** A client that reads, and never leaves by itself. */
async function client(
  port: number,
  text: string,
): Promise<{ socket: NetSocket; heard: () => string }> {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(text);
  return { socket, heard: () => heard };
}

const connections = (http: HttpServer): Promise<number> =>
  new Promise((resolve, reject) =>
    http.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

const GENEROUS = { timeout: 20_000, interval: 20 };

describe("the arguments of handleUpgrade", () => {
  for (const order of ["socket, request, head", "request, socket, head"]) {
    test(`are taken in the order ${order}`, async () => {
      const server = serverOf();
      const { port } = await listening((request, socket, head) => {
        if (order.startsWith("socket")) server.handleUpgrade(socket, request, head);
        else server.handleUpgrade(request, socket, head);
      });
      const socket = await connect(`ws://127.0.0.1:${port}/`);
      socket.write("hello");
      for await (const message of socket) {
        expect(message).toBe("hello");
        break;
      }
      await socket.close();
    });
  }

  test("that are others are mistakes of the caller, and leave the socket alone", async () => {
    const errors: unknown[] = [];
    const server = serverOf();
    const { port } = await listening((request, socket, head) => {
      const wrong = [
        [],
        [socket, request],
        [request, socket],
        [request, socket, () => {}],
        [socket, socket, head],
        [request, request, head],
        [head, request, socket],
        [socket, head, request],
        [request, null, head],
        [socket, { url: "/", headers: {} }, head],
        [socket, request, "head"],
      ];
      for (const given of wrong) {
        try {
          (server.handleUpgrade as (...given: unknown[]) => void)(...given);
        } catch (error) {
          errors.push(error);
        }
      }
      server.handleUpgrade(socket, request, head);
    });
    const socket = await connect(`ws://127.0.0.1:${port}/`);
    expect(errors).toHaveLength(11);
    for (const error of errors) {
      expect(error).toBeInstanceOf(MisuseError);
      expect((error as Error).message).toMatch(/handleUpgrade.*socket, request, head/);
    }
    await socket.close();
  });
});

describe("a socket that is served already", () => {
  for (const [what, serve] of [
    ["by the same server", (server: NodeServer) => server],
    ["by another server", () => serverOf()],
  ] as const) {
    test(`${what} is a mistake of the caller, and is served on as before`, async () => {
      const errors: unknown[] = [];
      const server = serverOf();
      const { port } = await listening((request, socket, head) => {
        server.handleUpgrade(socket, request, head);
        try {
          serve(server).handleUpgrade(request, socket, head);
        } catch (error) {
          errors.push(error);
        }
      });
      const { heard, socket } = await client(port, requestOf("/"));
      await vi.waitFor(() => expect(heard()).toContain("\r\n\r\n"), GENEROUS);
      socket.write(Buffer.from([0x82, 0x83, 0, 0, 0, 0, 1, 2, 3]));
      await vi.waitFor(() => expect(heard()).toContain("\x82\x03\x01\x02\x03"), GENEROUS);
      expect(heard().match(/ 101 /g)).toHaveLength(1);
      expect(heard().split("\x82\x03\x01\x02\x03")).toHaveLength(2);
      expect(errors).toMatchObject([{ name: "MisuseError" }]);
      expect(server.connections).toBe(1);
    });
  }

  test("is a mistake for accept with fromDuplex too", async () => {
    const server = serverOf();
    const errors: unknown[] = [];
    const { port } = await listening((request, socket, head) => {
      server.handleUpgrade(socket, request, head);
      try {
        server.accept(fromDuplex(socket));
      } catch (error) {
        errors.push(error);
      }
    });
    const socket = await connect(`ws://127.0.0.1:${port}/`);
    expect(errors).toMatchObject([{ name: "MisuseError" }]);
    expect(server.connections).toBe(1);
    await socket.close();
  });
});

describe("a request that the application has rewritten", () => {
  for (const { what, rewrite } of [
    {
      what: "a decoded target whose characters would become line ends",
      rewrite: (request: IncomingMessage) => {
        request.url = "/x\u010D\u010AX-User: admin";
      },
    },
    {
      what: "a decoded target with line ends",
      rewrite: (request: IncomingMessage) => {
        request.url = "/x HTTP/1.1\r\nX-User: admin\r\nX-Rest: ";
      },
    },
    {
      what: "a field value with a character that is no byte",
      rewrite: (request: IncomingMessage) => void request.rawHeaders.push("X-Name", "\u0141ukasz"),
    },
    {
      what: "a field value with a line end",
      rewrite: (request: IncomingMessage) =>
        void request.rawHeaders.push("X-Name", "a\r\nX-User: b"),
    },
    {
      what: "a field name that holds a value",
      rewrite: (request: IncomingMessage) => void request.rawHeaders.push("X-User: admin", "x"),
    },
  ]) {
    test(`${what} is refused with 400, and error hears why`, async () => {
      const errors: ServerError[] = [];
      const seen: string[] = [];
      const server = serverOf({
        upgrade(request) {
          seen.push(request.target);
          return request.accept();
        },
        error: (_, error) => void errors.push(error as ServerError),
      });
      const { port, http } = await listening((request, socket, head) => {
        rewrite(request);
        server.handleUpgrade(request, socket, head);
      });
      const { heard, socket } = await client(port, requestOf("/x"));
      await vi.waitFor(() => expect(heard()).toContain("\r\n\r\n"), GENEROUS);
      expect(heard()).toMatch(/^HTTP\/1\.1 400 /);
      expect(seen).toEqual([]);
      expect(errors).toMatchObject([{ code: "handshake-refused" }]);
      expect(errors[0]!.message).toMatch(/U\+[0-9A-F]{4}/);
      socket.end();
      await vi.waitFor(async () => expect(await connections(http)).toBe(0), GENEROUS);
    });
  }
});

describe("a server that takes no more", () => {
  for (const { what, end } of [
    { what: "because it is full", end: async () => {} },
    { what: "because it is shut down", end: (server: NodeServer) => server.shutdown() },
  ]) {
    test(`${what} answers 503, and lets go of clients that never leave`, async () => {
      const server = serverOf({ maxConnections: 1, timeouts: { close: 50 }, error() {} });
      const { port, http } = await listening((request, socket, head) =>
        server.handleUpgrade(request, socket, head),
      );
      const first = await connect(`ws://127.0.0.1:${port}/`);
      await end(server);
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => client(port, requestOf("/"))),
      );
      for (const { heard } of clients) {
        await vi.waitFor(() => expect(heard()).toMatch(/^HTTP\/1\.1 503 /), GENEROUS);
      }
      const wanted = what.includes("full") ? 1 : 0;
      await vi.waitFor(async () => expect(await connections(http)).toBe(wanted), GENEROUS);
      expect(server.connections).toBe(wanted);
      await first.close();
    });
  }

  test("gives up a client that does not read its 503", async () => {
    const server = serverOf({ maxConnections: 1, timeouts: { close: 50 }, error() {} });
    const { port, http } = await listening((request, socket, head) =>
      server.handleUpgrade(request, socket, head),
    );
    const first = await connect(`ws://127.0.0.1:${port}/`);
    const idle = await client(port, requestOf("/"));
    idle.socket.pause();
    await vi.waitFor(async () => expect(await connections(http)).toBe(1), GENEROUS);
    await first.close();
  });
});

test("the callback of `ws` as a fourth argument is a mistake that names the hook, and changes nothing", async () => {
  const errors: unknown[] = [];
  const server = serverOf();
  const { port } = await listening((request, socket, head) => {
    try {
      server.handleUpgrade(request, socket, head, (() => {}) as never);
    } catch (error) {
      errors.push(error);
      server.handleUpgrade(request, socket, head);
    }
  });
  const socket = await connect(`ws://127.0.0.1:${port}/`);
  expect(errors).toMatchObject([
    {
      name: "MisuseError",
      message:
        "handleUpgrade takes no callback: the hook open gets the socket. The fourth argument is { data }, the first value of " +
        "socket.data",
    },
  ]);
  await socket.close();
});

test("a request that a route of the HTTP server got is a mistake that names the event, and the route goes on", async () => {
  const server = serverOf();
  const mistakes: unknown[] = [];
  const http = createHttpServer((request, response) => {
    try {
      server.handleUpgrade(request, request.socket, Buffer.alloc(0));
    } catch (error) {
      mistakes.push(error);
      response.end("the route");
    }
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  cleanups.push(() => {
    http.closeAllConnections();
    http.close();
  });
  const { heard } = await client((http.address() as AddressInfo).port, requestOf("/"));
  await vi.waitFor(() => expect(heard()).toContain("the route"), GENEROUS);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toBeInstanceOf(MisuseError);
  expect(String(mistakes[0])).toContain('call handleUpgrade in a listener of its event "upgrade"');
});
