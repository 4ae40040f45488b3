import { type CloseInfo, connect, type Server, type Socket, serve } from "@sansocket/deno";
import { close, frame } from "@sansocket/workshop/client-bytes";
import { RawClient } from "@sansocket/workshop/raw-client";
import { expect, test } from "vitest";
import { deferred, openSockets, portOf } from "./raw-peer.ts";

const MiB = 1_048_576;

function binary(length: number): Uint8Array {
  return frame(0x82, new Uint8Array(length));
}

interface Observed {
  readonly server: Server;
  readonly port: number;
  /** The first socket that is opened. */
  readonly opened: Promise<Socket>;
  /** What its `close` hook was told. */
  readonly closed: Promise<CloseInfo>;
  /** How often that was. */
  ends(): number;
}

async function observed(options: { readonly timeouts?: object } = {}): Promise<Observed> {
  const opened = deferred<Socket>();
  const closed = deferred<CloseInfo>();
  let ends = 0;
  const server = await serve({
    hostname: "127.0.0.1",
    ...options,
    open: (socket) => opened.resolve(socket as Socket),
    message() {},
    close(_socket, info) {
      ends += 1;
      closed.resolve(info);
    },
  });
  const facts = { opened: opened.promise, closed: closed.promise, ends: () => ends };
  return { server: server as Server, port: portOf(server), ...facts };
}

test("a reset in the middle of a frame is a failed transport, called ECONNRESET, and told once", async () => {
  const { server, port, closed, ends } = await observed();
  const peer = await RawClient.open(port);
  await peer.write(binary(100_000).subarray(0, 5_000));
  peer.reset();
  const info = await closed;
  expect(info).toMatchObject({ code: 1006, wasClean: false });
  expect(info.error).toMatchObject({ code: "transport-failed" });
  expect(info.error!.message).toContain("ECONNRESET");
  await server.shutdown();
  expect(ends()).toBe(1);
});

test("an end of the stream without a Close is 1006 and no failure of the transport", async () => {
  const { server, port, closed } = await observed();
  const peer = await RawClient.open(port);
  peer.end();
  expect(await closed).toMatchObject({ code: 1006, wasClean: false, error: { code: "no-close" } });
  expect(await peer.nextFrame()).toBeNull();
  await peer.gone();
  await server.shutdown();
});

test("a Close reaches a peer of whom 4 MiB are unread, and no reset destroys it", async () => {
  const { server, port, opened, closed } = await observed();
  const peer = await RawClient.open(port);
  const socket = await opened;
  const sending = peer.write(binary(4 * MiB));
  socket.close(4_001, "no more");
  await sending;
  expect(await peer.nextFrame()).toMatchObject({ opcode: 8, payload: { 0: 0x0f, 1: 0xa1 } });
  await peer.write(close(1000));
  expect(await peer.nextFrame()).toBeNull();
  await peer.gone();
  expect(await closed).toMatchObject({ wasClean: true });
  await server.shutdown();
});

test("a peer who reads late gets all of 64 MiB, and 2 MiB at most wait for him at a time", async () => {
  const { server, port, opened } = await observed();
  const peer = await RawClient.open(port);
  peer.pause();
  const socket = await opened;
  const message = new Uint8Array(MiB);
  let longest = 0;
  const sending = (async () => {
    for (let index = 0; index < 64; index += 1) {
      socket.write(message);
      longest = Math.max(longest, socket.unsent);
      await socket.ready();
    }
    await socket.send("last");
  })();
  // He does not read until nothing moves any more.
  for (let before = -1; before !== socket.unsent || before === 0; ) {
    before = socket.unsent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(socket.unsent).toBeGreaterThan(0);
  let count = 0;
  peer.onFrame = ({ payload }) => {
    count += payload.length;
  };
  peer.resume();
  const total = 64 * MiB + "last".length;
  await peer.until("all of it", () => count >= total);
  await sending;
  expect(count).toBe(total);
  expect(longest).toBeLessThanOrEqual(2 * MiB + 20);
  peer.reset();
  await server.shutdown({ grace: 0 });
});

test("a peer who sends while nobody asks for his messages is held back, and loses none", async () => {
  const opened = deferred<Socket>();
  const server = await serve({
    hostname: "127.0.0.1",
    async connection(socket) {
      opened.resolve(socket as Socket);
      await socket.closed;
    },
  });
  const peer = await RawClient.open(portOf(server));
  const socket = await opened.promise;
  const message = binary(MiB);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 64; sent += 1) await peer.write(message);
  })();
  for (let before = -1; before !== sent; ) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  // What the kernel holds for both sides, and `limits.undelivered`.
  expect(sent).toBeLessThan(32);
  let received = 0;
  for await (const { length } of socket) {
    received += length;
    if (received === 64 * MiB) break;
  }
  await sending;
  expect(received).toBe(64 * MiB);
  peer.reset();
  await server.shutdown({ grace: 0 });
});

test("messages and a Close that came before a failed write are delivered all the same", async () => {
  const { server, port, opened, closed } = await observed();
  const peer = await RawClient.open(port);
  const socket = await opened;
  await peer.write(close(1000));
  peer.socket.destroy();
  socket.write(new Uint8Array(8 * MiB));
  // Not clean (RFC 6455, 7.1.4): their Close came, and ours stood behind what could not be written.
  expect(await closed).toMatchObject({ code: 1000, wasClean: false });
  await server.shutdown();
});

test("a shutdown closes with 1001 whoever answers, and cuts off after the grace who does not", async () => {
  const { server, port } = await observed();
  const silent = await RawClient.open(port);
  const polite = await connect(server.url);
  const begun = performance.now();
  const [, info, last] = await Promise.all([
    server.shutdown({ reason: "restart", grace: 300 }),
    polite.closed,
    silent.nextFrame(),
  ]);
  expect(info).toMatchObject({ code: 1001, reason: "restart", wasClean: true });
  expect(last).toMatchObject({ opcode: 8, payload: { 0: 0x03, 1: 0xe9 } });
  expect(performance.now() - begun).toBeGreaterThan(290);
  expect(server.connections).toBe(0);
  await silent.gone();
  await expect(RawClient.connect(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("1,000 connections are opened and closed, and no descriptor remains", async () => {
  const before = openSockets();
  let ends = 0;
  const server = await serve({
    hostname: "127.0.0.1",
    message() {},
    close() {
      ends += 1;
    },
  });
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(server.url)));
    expect(server.connections).toBe(100);
    const infos = await Promise.all(sockets.map((socket) => socket.close()));
    expect(infos.every(({ wasClean }) => wasClean)).toBe(true);
  }
  await server.shutdown();
  expect(ends).toBe(1_000);
  expect(server.connections).toBe(0);
  expect(openSockets()).toBe(before);
});
