import {
  type CloseInfo,
  connect,
  type ServeOptions,
  type Server,
  type Socket,
  serve,
} from "@sansocket/bun";
import { selfSigned } from "@sansocket/workshop/certificate";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { portOf } from "./ports.ts";
import { frame, RawPeer } from "./raw-peer.ts";

let certificate: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
});

let server: Server;

afterEach(async () => {
  await server.shutdown({ grace: 0 });
});

/** The next of what a hook is called with. */
function occasion<T>(): { readonly comes: Promise<T>; come(value: T): void } {
  let come!: (value: T) => void;
  const comes = new Promise<T>((resolve) => {
    come = resolve;
  });
  return { comes, come };
}

async function listen(options: ServeOptions): Promise<number> {
  server = await serve({ hostname: "127.0.0.1", ...options } as ServeOptions);
  return portOf(server);
}

describe.each([
  ["TCP", false],
  ["TLS", true],
])("over %s", (_name, isSecure) => {
  const tls = (): { tls: { cert: string; key: string } } | object =>
    isSecure ? { tls: certificate } : {};
  const trust = (): Bun.TLSOptions | undefined =>
    isSecure ? { ca: certificate.cert, serverName: "localhost" } : undefined;

  test("a reset in the middle of a frame is told as ECONNRESET, behind the messages before it", async () => {
    const messages: unknown[] = [];
    const closing = occasion<CloseInfo>();
    const first = occasion<void>();
    const port = await listen({
      ...tls(),
      message(_socket, message) {
        messages.push(message);
        first.come();
      },
      close: (_socket, info) => closing.come(info),
    });
    const peer = await RawPeer.open(port, trust());
    peer.write(frame(0x81, "whole"));
    peer.write(frame(0x82, new Uint8Array(1_000)).subarray(0, 500));
    await first.comes;
    peer.socket.terminate();
    const info = await closing.comes;
    expect(messages).toEqual(["whole"]);
    expect(info).toMatchObject({
      code: 1006,
      wasClean: false,
      error: { code: "transport-failed" },
    });
    expect(info.error!.message).toContain("ECONNRESET");
  });

  test("a peer that ends its stream in the middle of a frame has not reset it, and gets our end of stream", async () => {
    const closing = occasion<CloseInfo>();
    const port = await listen({ ...tls(), close: (_socket, info) => closing.come(info) });
    const peer = await RawPeer.open(port, trust());
    peer.write(frame(0x82, new Uint8Array(1_000)).subarray(0, 500));
    peer.socket.shutdown();
    expect(await closing.comes).toMatchObject({ code: 1006, error: { code: "no-close" } });
    await peer.until(() => peer.closed !== null);
    expect(peer.closed!.code).toBeUndefined();
  });

  test("a peer that has ended its stream still gets the 8 MiB that were sent to it, and our end", async () => {
    const port = await listen({
      ...tls(),
      open(socket) {
        for (let count = 0; count < 8; count += 1) socket.write(new Uint8Array(1_048_576));
      },
    });
    const peer = await RawPeer.open(port, trust());
    peer.socket.shutdown();
    let octets = 0;
    for (;;) {
      const received = await peer.frame();
      if (received === null) break;
      octets += received.payload.length;
    }
    expect(octets).toBe(8 * 1_048_576);
    await peer.until(() => peer.closed !== null);
    expect(peer.closed!.code).toBeUndefined();
  });

  test("our Close reaches a peer of whom 4 MiB are unread, and no reset does", async () => {
    const opening = occasion<Socket>();
    const closing = occasion<CloseInfo>();
    const port = await listen({
      ...tls(),
      open(socket) {
        socket.pause();
        opening.come(socket);
      },
      message() {},
      close: (_socket, info) => closing.come(info),
    });
    const peer = await RawPeer.open(port, trust());
    const socket = await opening.comes;
    const message = frame(0x82, new Uint8Array(65_536));
    for (let count = 0; count < 64; count += 1) peer.write(message);
    socket.close(4_001, "no more");
    const close = await peer.frame();
    expect(close!.opcode).toBe(8);
    expect(Buffer.from(close!.payload.subarray(2)).toString()).toBe("no more");
    socket.resume();
    peer.write(frame(0x88, close!.payload));
    expect(await peer.frame()).toBeNull();
    expect(peer.hasWritten).toBe(true);
    peer.socket.shutdown();
    await peer.until(() => peer.closed !== null);
    expect(peer.closed!.code).toBeUndefined();
    expect(await closing.comes).toMatchObject({ code: 4_001, wasClean: true });
  });

  test("the Close for a violation reaches a peer that sends 4 MiB behind it, and no reset does", async () => {
    const closing = occasion<CloseInfo>();
    const port = await listen({ ...tls(), close: (_socket, info) => closing.come(info) });
    const peer = await RawPeer.open(port, trust());
    peer.write(frame(0x83, "a reserved opcode"));
    for (let count = 0; count < 64; count += 1) peer.write(new Uint8Array(65_536));
    const close = await peer.frame();
    expect(close).toMatchObject({ opcode: 8, payload: { 0: 0x03, 1: 0xea } });
    expect(await peer.frame()).toBeNull();
    await peer.until(() => peer.hasWritten || peer.closed !== null);
    peer.socket.shutdown();
    await peer.until(() => peer.closed !== null);
    expect(peer.closed!.code).toBeUndefined();
    expect((await closing.comes).error).toMatchObject({ code: "violation" });
  });

  test("a shutdown waits for those who answer, and cuts off the others when its grace has passed", async () => {
    const infos: CloseInfo[] = [];
    const port = await listen({ ...tls(), close: (_socket, info) => void infos.push(info) });
    const polite = await RawPeer.open(port, trust());
    const silent = await RawPeer.open(port, trust());
    const shutdown = server.shutdown({ reason: "restart", grace: 200 });
    const close = await polite.frame();
    expect(Buffer.from(close!.payload.subarray(2)).toString()).toBe("restart");
    polite.write(frame(0x88, close!.payload));
    polite.socket.shutdown();
    await shutdown;
    expect((await silent.frame())!.opcode).toBe(8);
    expect(infos.map(({ wasClean, error }) => [wasClean, error?.code])).toEqual([
      [true, undefined],
      [false, "aborted"],
    ]);
    await silent.until(() => silent.closed !== null);
    await expect(RawPeer.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

test("a write to a connection that was reset meanwhile fails it with ECONNRESET", async () => {
  const opening = occasion<Socket>();
  const closing = occasion<CloseInfo>();
  const port = await listen({
    open: (socket) => opening.come(socket),
    close: (_socket, info) => closing.come(info),
  });
  const peer = await RawPeer.open(port);
  const socket = await opening.comes;
  peer.socket.terminate();
  Bun.sleepSync(20); // the reset is in the kernel, and nobody has looked
  socket.write("too late");
  const { error } = await closing.comes;
  expect(error).toMatchObject({ code: "transport-failed" });
  expect(error!.message).toContain("ECONNRESET");
});

test("a thousand connections, opened and closed, leave none behind", async () => {
  let opened = 0;
  let clean = 0;
  const port = await listen({
    open() {
      opened += 1;
    },
    close(_socket, { wasClean }) {
      if (wasClean) clean += 1;
    },
  });
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(
      Array.from({ length: 100 }, () => connect(`ws://127.0.0.1:${port}/`)),
    );
    expect(server.connections).toBe(100);
    const infos = await Promise.all(sockets.map((socket) => socket.close()));
    expect(infos.every(({ wasClean }) => wasClean)).toBe(true);
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect([opened, clean]).toEqual([1_000, 1_000]);
});

test("a connection above maxConnections is dropped, and the next one after an end is not", async () => {
  const errors: string[] = [];
  const port = await listen({
    maxConnections: 1,
    error: (_socket, { code }) => void errors.push(code),
  });
  const first = await RawPeer.open(port);
  const second = await RawPeer.connect(port);
  await second.until(() => second.closed !== null);
  expect(errors).toEqual(["connection-limit"]);
  first.socket.terminate();
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  const third = await RawPeer.open(port);
  third.socket.terminate();
});

test("a TLS handshake that does not begin ends after timeouts.handshake", async () => {
  const port = await listen({ tls: certificate, timeouts: { handshake: 50 } });
  const peer = await RawPeer.connect(port);
  await peer.until(() => peer.closed !== null);
  expect(server.connections).toBe(0);
});

test.each([0, 2 ** 31, Number.POSITIVE_INFINITY])(
  "with timeouts.handshake %d a TLS handshake has time",
  async (handshake) => {
    const port = await listen({ tls: certificate, timeouts: { handshake } });
    const peer = await RawPeer.open(port, { ca: certificate.cert, serverName: "localhost" });
    peer.socket.terminate();
  },
);

test("plain HTTP on a port with TLS comes to its end, and harms no other", async () => {
  const errors: string[] = [];
  const port = await listen({
    tls: certificate,
    maxConnections: 2,
    error: (_socket, { code }) => void errors.push(code),
  });
  const good = await RawPeer.open(port, { ca: certificate.cert, serverName: "localhost" });
  const plain = await RawPeer.connect(port);
  plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await plain.until(() => plain.hasEnded);
  plain.socket.terminate();
  while (server.connections > 1) await new Promise((resolve) => setImmediate(resolve));
  good.write(frame(0x89, "still there"));
  expect((await good.frame())!.opcode).toBe(0xa);
  good.socket.terminate();
  expect(errors).toEqual([]);
});

test("no timer keeps a process alive once its server and sockets are gone", async () => {
  const child = Bun.spawn({
    cmd: [process.execPath, "--conditions=@sansocket/source", "-e", IDLE_PROGRAM],
    cwd: import.meta.dirname,
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toBe("1000\n");
});

/** Ends by itself, or the test runs out of time. */
const IDLE_PROGRAM = `
  import { connect, serve } from "@sansocket/bun";
  const server = await serve({ hostname: "127.0.0.1", timeouts: { idle: 60_000 } });
  const socket = await connect(server.url);
  console.log((await socket.close()).code);
  await server.shutdown({ grace: 60_000 });
`;
