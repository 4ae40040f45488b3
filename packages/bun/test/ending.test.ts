import {
  type CloseInfo,
  connect,
  type ServeOptions,
  type Server,
  type Socket,
  serve,
} from "@sansocket/bun";
import { selfSigned } from "@sansocket/workshop/certificate";
import { frame } from "@sansocket/workshop/client-bytes";
import { RawClient } from "@sansocket/workshop/raw-client";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { portOf } from "./ports.ts";

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
  const open = async (port: number): Promise<RawClient> =>
    isSecure ? (await RawClient.openTls(port)).client : await RawClient.open(port);

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
    const peer = await open(port);
    void peer.write(frame(0x81, "whole"));
    void peer.write(frame(0x82, new Uint8Array(1_000)).subarray(0, 500));
    await first.comes;
    peer.reset();
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
    const peer = await open(port);
    void peer.write(frame(0x82, new Uint8Array(1_000)).subarray(0, 500));
    peer.end();
    expect(await closing.comes).toMatchObject({ code: 1006, error: { code: "no-close" } });
    await peer.until("end", () => peer.isClosed);
    expect(peer.error).toBeNull();
  });

  test("a peer that has ended its stream still gets the 8 MiB that were sent to it, and our end", async () => {
    const port = await listen({
      ...tls(),
      open(socket) {
        for (let count = 0; count < 8; count += 1) socket.write(new Uint8Array(1_048_576));
      },
    });
    const peer = await open(port);
    peer.end();
    let bytes = 0;
    for (;;) {
      const received = await peer.nextFrame();
      if (received === null) break;
      bytes += received.payload.length;
    }
    expect(bytes).toBe(8 * 1_048_576);
    await peer.until("end", () => peer.isClosed);
    expect(peer.error).toBeNull();
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
    const peer = await open(port);
    const socket = await opening.comes;
    const message = frame(0x82, new Uint8Array(65_536));
    for (let count = 0; count < 64; count += 1) void peer.write(message);
    socket.close(4_001, "no more");
    const close = await peer.nextFrame();
    expect(close!.opcode).toBe(8);
    expect(Buffer.from(close!.payload.subarray(2)).toString()).toBe("no more");
    socket.resume();
    void peer.write(frame(0x88, close!.payload));
    expect(await peer.nextFrame()).toBeNull();
    expect(peer.hasWritten).toBe(true);
    peer.end();
    await peer.until("end", () => peer.isClosed);
    expect(peer.error).toBeNull();
    expect(await closing.comes).toMatchObject({ code: 4_001, wasClean: true });
  });

  test("the Close for a violation reaches a peer that sends 4 MiB behind it, and no reset does", async () => {
    const closing = occasion<CloseInfo>();
    const port = await listen({ ...tls(), close: (_socket, info) => closing.come(info) });
    const peer = await open(port);
    void peer.write(frame(0x83, "a reserved opcode"));
    for (let count = 0; count < 64; count += 1) void peer.write(new Uint8Array(65_536));
    const close = await peer.nextFrame();
    expect(close).toMatchObject({ opcode: 8, payload: { 0: 0x03, 1: 0xea } });
    expect(await peer.nextFrame()).toBeNull();
    await peer.until("end", () => peer.hasWritten || peer.isClosed);
    peer.end();
    await peer.until("end", () => peer.isClosed);
    expect(peer.error).toBeNull();
    expect((await closing.comes).error).toMatchObject({ code: "violation" });
  });

  test("a shutdown waits for those who answer, and cuts off the others when its grace has passed", async () => {
    const infos: CloseInfo[] = [];
    const port = await listen({ ...tls(), close: (_socket, info) => void infos.push(info) });
    const polite = await open(port);
    const silent = await open(port);
    const shutdown = server.shutdown({ reason: "restart", grace: 200 });
    const close = await polite.nextFrame();
    expect(Buffer.from(close!.payload.subarray(2)).toString()).toBe("restart");
    void polite.write(frame(0x88, close!.payload));
    polite.end();
    await shutdown;
    expect((await silent.nextFrame())!.opcode).toBe(8);
    expect(infos.map(({ wasClean, error }) => [wasClean, error?.code])).toEqual([
      [true, undefined],
      [false, "aborted"],
    ]);
    await silent.until("end", () => silent.isClosed);
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

test("a write to a connection that was reset meanwhile fails it with ECONNRESET", async () => {
  const opening = occasion<Socket>();
  const closing = occasion<CloseInfo>();
  const port = await listen({
    open: (socket) => opening.come(socket),
    close: (_socket, info) => closing.come(info),
  });
  const peer = await RawClient.open(port);
  const socket = await opening.comes;
  peer.reset();
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
  const first = await RawClient.open(port);
  const second = await RawClient.connect(port);
  await second.until("end", () => second.isClosed);
  expect(errors).toEqual(["connection-limit"]);
  first.reset();
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  const third = await RawClient.open(port);
  third.reset();
});

test("a TLS handshake that does not begin ends after timeouts.handshake", async () => {
  const port = await listen({ tls: certificate, timeouts: { handshake: 50 } });
  const peer = await RawClient.connect(port);
  await peer.until("end", () => peer.isClosed);
  expect(server.connections).toBe(0);
});

test.each([0, 2 ** 31, Number.POSITIVE_INFINITY])(
  "with timeouts.handshake %d a TLS handshake has time",
  async (handshake) => {
    const port = await listen({ tls: certificate, timeouts: { handshake } });
    const { client: peer } = await RawClient.openTls(port);
    peer.reset();
  },
);

test("plain HTTP on a port with TLS comes to its end, and harms no other", async () => {
  const errors: string[] = [];
  const port = await listen({
    tls: certificate,
    maxConnections: 2,
    error: (_socket, { code }) => void errors.push(code),
  });
  const { client: good } = await RawClient.openTls(port);
  const plain = await RawClient.connect(port);
  void plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await plain.until("end", () => plain.hasEnded || plain.isClosed);
  plain.reset();
  while (server.connections > 1) await new Promise((resolve) => setImmediate(resolve));
  void good.write(frame(0x89, "still there"));
  expect((await good.nextFrame())!.opcode).toBe(0xa);
  good.reset();
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
