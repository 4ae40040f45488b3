import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ServeOptions, type Server, serve } from "@sansocket/bun";
import { selfSigned } from "@sansocket/workshop/certificate";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { portOf } from "./ports.ts";

let certificate: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
});

const open: { stop(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

async function listen(options: ServeOptions): Promise<Server> {
  const server = await serve({ hostname: "127.0.0.1", ...options } as ServeOptions);
  open.push({ stop: () => void server.shutdown({ grace: 0 }) });
  return server;
}

/** A listener that accepts, and says nothing. `closed` resolves when its connection is gone. */
function silentListener(): { port: number; accepted: Promise<void>; closed: Promise<void> } {
  const accepted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: () => accepted.resolve(), data() {}, close: () => closed.resolve() },
  });
  open.push({ stop: () => listener.stop(true) });
  return { port: listener.port, accepted: accepted.promise, closed: closed.promise };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

describe("what the network refuses", () => {
  test("a port on which nobody listens is unreachable: ECONNREFUSED", async () => {
    await expect(connect(`ws://127.0.0.1:${freePort()}/`)).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a unix socket that does not exist is unreachable: ENOENT", async () => {
    const path = join(tmpdir(), "sansocket-there-is-no-such.sock");
    await expect(connect("ws://localhost/", { path })).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ENOENT"),
    });
  });

  test("a port that is taken cannot be listened on: EADDRINUSE", async () => {
    const server = await listen({});
    await expect(listen({ port: portOf(server) })).rejects.toMatchObject({
      code: "listen-failed",
      message: expect.stringContaining("EADDRINUSE"),
    });
  });
});

describe("certificates", () => {
  const refused: [string, string, () => object, string][] = [
    ["nobody has signed", "localhost", () => ({}), "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [
      "is for another name",
      "localhost",
      () => ({ ca: certificate.cert, serverName: "example.com" }),
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
  ];

  test.each(refused)(
    "one that %s ends the attempt, and no request is sent",
    async (_why, host, tls, code) => {
      let requests = 0;
      const server = await listen({
        tls: certificate,
        upgrade(request) {
          requests += 1;
          return request.accept();
        },
      });
      const attempt = connect(`wss://${host}:${portOf(server)}/`, { tls: tls() });
      await expect(attempt).rejects.toMatchObject({
        code: "tls-failed",
        message: expect.stringContaining(code),
      });
      expect(requests).toBe(0);
      while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  );

  test.each([
    ["any, with rejectUnauthorized: false", "localhost", () => ({ rejectUnauthorized: false })],
    ["one for the address that was asked for", "127.0.0.1", () => ({ ca: certificate.cert })],
    ["one of several that are trusted", "localhost", () => ({ ca: [certificate.cert] })],
  ])("%s will do", async (_why, host, tls) => {
    const server = await listen({ tls: certificate, connection: async () => {} });
    const socket = await connect(`wss://${host}:${portOf(server)}/`, { tls: tls() });
    expect(socket.tls).toMatchObject({ protocol: "TLSv1.3", alpnProtocol: "http/1.1" });
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test("a server knows TLS, the name that was asked for, and the client's address", async () => {
    const facts: unknown[] = [];
    const server = await listen({
      tls: certificate,
      open(socket) {
        facts.push(socket.tls, socket.remoteAddress);
      },
    });
    const socket = await connect(`wss://localhost:${portOf(server)}/`, {
      tls: { ca: certificate.cert },
    });
    await socket.close();
    expect(facts).toEqual([
      {
        protocol: "TLSv1.3",
        alpnProtocol: "http/1.1",
        serverName: "localhost",
        clientCertificate: null,
      },
      { hostname: "127.0.0.1", port: expect.any(Number) },
    ]);
  });
});

describe("giving up", () => {
  test.each([["ws"], ["wss"]])(
    "an aborted %s attempt rejects, and its connection is let go",
    async (scheme) => {
      const { port, accepted, closed } = silentListener();
      const controller = new AbortController();
      const attempt = connect(`${scheme}://127.0.0.1:${port}/`, { signal: controller.signal });
      attempt.catch(() => {});
      await accepted;
      controller.abort(new Error("enough"));
      await expect(attempt).rejects.toMatchObject({
        code: "aborted",
        cause: { message: "enough" },
      });
      await closed;
    },
  );

  test("an attempt that is aborted while TCP connects rejects at once, and its connection is let go", async () => {
    const { port, closed } = silentListener();
    const controller = new AbortController();
    const attempt = connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
    controller.abort();
    await expect(attempt).rejects.toMatchObject({ code: "aborted" });
    await closed;
  });

  test.each([["ws"], ["wss"]])(
    "timeouts.handshake ends a %s attempt, and its connection",
    async (scheme) => {
      const { port, closed } = silentListener();
      const attempt = connect(`${scheme}://127.0.0.1:${port}/`, { timeouts: { handshake: 50 } });
      await expect(attempt).rejects.toMatchObject({ code: "timeout" });
      await closed;
    },
  );

  test("a server that ends the connection instead of shaking hands has failed at TLS", async () => {
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end() },
    });
    open.push({ stop: () => listener.stop(true) });
    await expect(connect(`wss://127.0.0.1:${listener.port}/`)).rejects.toMatchObject({
      code: "tls-failed",
    });
  });
});

describe("through a proxy", () => {
  /** A proxy for CONNECT, with TLS if it is given a certificate; what it was asked for is kept. */
  function proxy(tls?: { cert: string; key: string }): { port: number; asked: string[] } {
    const asked: string[] = [];
    interface Leg {
      other: Bun.Socket<Leg> | null;
      waiting: Uint8Array[];
    }
    const pass = ({ data }: Bun.Socket<Leg>, chunk: Uint8Array): void => {
      if (data.other === null) data.waiting.push(chunk);
      else data.other.write(chunk);
    };
    const listener = Bun.listen<Leg>({
      hostname: "127.0.0.1",
      port: 0,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        open(socket) {
          socket.data = { other: null, waiting: [] };
        },
        data(socket, chunk) {
          if (socket.data.other !== null || socket.data.waiting.length > 0) {
            pass(socket, chunk);
            return;
          }
          const line = Buffer.from(chunk).toString("latin1").split("\r\n")[0]!;
          asked.push(line);
          socket.data.waiting.push(new Uint8Array(0));
          void Bun.connect<Leg>({
            hostname: "127.0.0.1",
            port: Number(line.split(" ")[1]!.split(":")[1]),
            data: { other: socket, waiting: [] },
            socket: { data: pass, close: ({ data }) => void data.other?.end() },
          }).then((target) => {
            socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
            for (const early of socket.data.waiting) if (early.length > 0) target.write(early);
            socket.data.other = target;
          });
        },
        close: ({ data }) => void data?.other?.end(),
      },
    });
    open.push({ stop: () => listener.stop(true) });
    return { port: listener.port, asked };
  }

  test.each([
    ["ws", "http"],
    ["wss", "http"],
    ["ws", "https"],
  ])("%s through a proxy of %s carries messages both ways", async (scheme, proxyScheme) => {
    const server = await listen({
      ...(scheme === "wss" ? { tls: certificate } : {}),
      message(socket, message) {
        socket.write(message);
      },
    });
    const { port, asked } = proxy(proxyScheme === "https" ? certificate : undefined);
    const ca = { ca: certificate.cert };
    const socket = await connect(`${scheme}://localhost:${portOf(server)}/`, {
      tls: ca,
      proxy: { url: `${proxyScheme}://localhost:${port}`, tls: ca },
    });
    socket.write("through");
    const bytes = new Uint8Array(300_000).fill(7);
    socket.write(bytes);
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 2) break;
    }
    expect(received[0]).toBe("through");
    expect(Buffer.compare(received[1] as Uint8Array, bytes)).toBe(0);
    expect(asked).toEqual([`CONNECT localhost:${portOf(server)} HTTP/1.1`]);
    expect(await socket.close()).toMatchObject({ code: 1000, wasClean: true });
  });

  test("wss through a proxy of https is refused with the reason: Bun has no TLS inside of TLS", async () => {
    const server = await listen({ tls: certificate });
    const { port } = proxy(certificate);
    const ca = { ca: certificate.cert };
    const attempt = connect(`wss://localhost:${portOf(server)}/`, {
      tls: ca,
      proxy: { url: `https://localhost:${port}`, tls: ca },
    });
    await expect(attempt).rejects.toMatchObject({
      code: "tls-failed",
      message: expect.stringContaining("TLS inside of TLS"),
    });
  });
});
