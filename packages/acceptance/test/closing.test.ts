import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import type { CloseInfo, ConnectionError, ServerError } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, portOf } from "./places.ts";

/** A client of our own making, which says no more than the handshake. */
async function rawClient(port: number): Promise<TcpSocket> {
  const peer = connectTcp(port, "127.0.0.1");
  peer.on("error", () => {});
  peer.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await new Promise((resolve) => peer.once("data", resolve));
  return peer;
}

const CLOSES: readonly (readonly [what: string, code: number, reason: string])[] = [
  ["the normal code", 1000, ""],
  ["a code of the application's own, with a reason", 4_321, "enough for today"],
  ["the longest reason there is, of 123 bytes", 3_000, `${"é".repeat(61)}e`],
  // RFC 6455 §7.1.5: 1005 says that the Close had no code.
  ["no code", 1005, ""],
];

describe.each(PLACES)("over %s", (_name, at) => {
  test.each(CLOSES)("the server sees the client close with %s", async (_what, code, reason) => {
    const place = await at();
    const ends = new Mailbox<CloseInfo>();
    await using server = await serve({ ...place.listen, close: (_, info) => ends.put(info) });
    const socket = await connect(place.url(server), place.client);
    const here = await socket.close(code, reason);
    expect(here).toMatchObject({ code, wasClean: true, initiator: "local", error: null });
    const there = await ends.take();
    expect(there).toMatchObject({ code, reason, wasClean: true, initiator: "peer", error: null });
    expect(socket.state).toBe("closed");
  });

  test.each(CLOSES)("the client sees the server close with %s", async (_what, code, reason) => {
    const place = await at();
    const ends = new Mailbox<CloseInfo>();
    await using server = await serve({
      ...place.listen,
      open: (socket) => void socket.close(code, reason),
      close: (_, info) => ends.put(info),
    });
    const socket = await connect(place.url(server), place.client);
    for await (const message of socket) throw new Error(`bug: ${message} was never sent`);
    const here = await socket.closed;
    expect(here).toMatchObject({ code, reason, wasClean: true, initiator: "peer", error: null });
    expect(await ends.take()).toMatchObject({ code, wasClean: true, initiator: "local" });
  });

  test("what was written before close arrives, and nothing can be written behind it", async () => {
    const place = await at();
    const received: unknown[] = [];
    const ends = new Mailbox<CloseInfo>();
    await using server = await serve({
      ...place.listen,
      message: (_, message) => void received.push(message.length),
      close: (_, info) => ends.put(info),
    });
    const socket = await connect(place.url(server), place.client);
    for (let count = 0; count < 40; count += 1) socket.write(new Uint8Array(100_000));
    void socket.close();
    expect(socket.write("late")).toBe("closed");
    expect(await socket.send("late")).toBe("closed");
    expect(await socket.ping()).toBe("closed");
    await ends.take();
    expect(received).toEqual(Array.from({ length: 40 }, () => 100_000));
  });

  test("abort ends both sides at once, without a Close", async () => {
    const place = await at();
    const ends = new Mailbox<CloseInfo>();
    await using server = await serve({ ...place.listen, close: (_, info) => ends.put(info) });
    const socket = await connect(place.url(server), place.client);
    await socket.ping();
    socket.abort();
    const aborted = { code: 1006, wasClean: false, initiator: null, error: { code: "aborted" } };
    expect(await socket.closed).toMatchObject(aborted);
    const there = await ends.take();
    expect(there).toMatchObject({ code: 1006, wasClean: false, initiator: null });
    // As an end of the stream or as a reset, whichever the runtime makes of it.
    expect(["no-close", "transport-failed"]).toContain(there.error?.code);
  });

  test("shutdown tells every client its code and reason, and takes no more", async () => {
    const place = await at();
    const server = await serve({
      ...place.listen,
      message: (socket, message) => void socket.write(message),
    });
    const sockets = [];
    for (let count = 0; count < 3; count += 1) {
      sockets.push(await connect(place.url(server), place.client));
    }
    for (const socket of sockets) socket.write("the last one");
    await Promise.all(sockets.map((socket) => socket.ping()));
    const url = place.url(server);
    await server.shutdown({ code: 1012, reason: "restart" });
    for (const socket of sockets) {
      expect((await socket[Symbol.asyncIterator]().next()).value).toBe("the last one");
      expect(await socket.closed).toMatchObject({ code: 1012, reason: "restart", wasClean: true });
    }
    expect(server.connections).toBe(0);
    await expect(connect(url, place.client)).rejects.toMatchObject({ code: "unreachable" });
  });
});

test("shutdown cuts off after its grace whoever does not answer the Close", async () => {
  const ends = new Mailbox<CloseInfo>();
  const server = await serve({ hostname: "127.0.0.1", close: (_, info) => ends.put(info) });
  const peer = await rawClient(portOf(server));
  const gone = new Promise((resolve) => peer.once("close", resolve));
  await server.shutdown({ grace: 20 });
  expect(await ends.take()).toMatchObject({ code: 1006, error: { code: "aborted" } });
  expect(server.connections).toBe(0);
  await gone;
});

test("the server's signal shuts it down", async () => {
  const controller = new AbortController();
  const server = await serve({ hostname: "127.0.0.1", signal: controller.signal });
  const socket = await connect(server.url);
  controller.abort();
  expect(await socket.closed).toMatchObject({ code: 1001, wasClean: true });
  await server.shutdown();
  expect(server.connections).toBe(0);
});

test("a port is free again after shutdown", async () => {
  const first = await serve({ hostname: "127.0.0.1" });
  const port = portOf(first);
  const socket = await connect(first.url);
  await first.shutdown();
  await socket.closed;
  await using second = await serve({ hostname: "127.0.0.1", port });
  const again = await connect(second.url);
  expect(await again.close()).toMatchObject({ wasClean: true });
});

test("a port that is taken rejects with listen-failed and the runtime's code", async () => {
  await using server = await serve({ hostname: "127.0.0.1" });
  const second = serve({ hostname: "127.0.0.1", port: portOf(server) });
  await expect(second).rejects.toMatchObject({ name: "ServerError", code: "listen-failed" });
  await expect(second).rejects.toThrow("EADDRINUSE");
});

test("a client that vanishes without a Close is 1006, no-close", async () => {
  const ends = new Mailbox<CloseInfo>();
  await using server = await serve({ hostname: "127.0.0.1", close: (_, info) => ends.put(info) });
  const peer = await rawClient(portOf(server));
  peer.end();
  expect(await ends.take()).toMatchObject({
    code: 1006,
    wasClean: false,
    initiator: null,
    error: { code: "no-close" },
  });
});

test("a client that breaks a rule gets the Close of RFC 6455, and the hooks hear of it", async () => {
  const ends = new Mailbox<CloseInfo>();
  await using server = await serve({ hostname: "127.0.0.1", close: (_, info) => ends.put(info) });
  const peer = await rawClient(portOf(server));
  const answer = new Promise<Buffer>((resolve) => peer.once("data", resolve));
  peer.write(Uint8Array.of(0x81, 0x01, 0x41)); // §5.1: not masked
  expect([...(await answer)].slice(0, 4)).toEqual([0x88, 2, 1002 >> 8, 1002 & 255]);
  peer.end();
  const info = await ends.take();
  expect(info).toMatchObject({ code: 1006, error: { code: "violation" } });
  expect(info.error?.violation?.closeCode).toBe(1002);
});

describe("a connection function", () => {
  test("that returns closes with 1000", async () => {
    await using server = await serve({
      hostname: "127.0.0.1",
      async connection(socket) {
        for await (const message of socket) {
          await socket.send(message);
          break;
        }
      },
    });
    const socket = await connect(server.url);
    socket.write("once");
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true, initiator: "peer" });
  });

  test("ends its loop when the client closes", async () => {
    const said = new Mailbox<string>();
    await using server = await serve({
      hostname: "127.0.0.1",
      async connection(socket) {
        for await (const message of socket) said.put(String(message));
        said.put(`closed ${(await socket.closed).code}`);
      },
    });
    const socket = await connect(server.url);
    socket.write("one");
    await socket.close(4_000);
    expect([await said.take(), await said.take()]).toEqual(["one", "closed 4000"]);
  });

  test("that throws closes with 1011, and error hears of it", async () => {
    const errors = new Mailbox<ConnectionError | ServerError>();
    await using server = await serve({
      hostname: "127.0.0.1",
      async connection() {
        throw new Error("out of order");
      },
      error: (_socket, error) => errors.put(error),
    });
    const socket = await connect(server.url);
    expect(await socket.closed).toMatchObject({ code: 1011, wasClean: true });
    expect(await errors.take()).toMatchObject({
      code: "hook-failed",
      message: expect.stringContaining("out of order"),
    });
  });
});

test.each([
  ["throws", () => throwing()],
  ["rejects", () => Promise.reject(new Error("out of order"))],
])(
  "a message hook that %s closes its socket with 1011, and the others live",
  async (_how, fail) => {
    const errors = new Mailbox<ConnectionError | ServerError>();
    await using server = await serve({
      hostname: "127.0.0.1",
      message: (socket, message) => (message === "fail" ? fail() : void socket.write(message)),
      error: (_socket, error) => errors.put(error),
    });
    const socket = await connect(server.url);
    await using other = await connect(server.url);
    socket.write("fail");
    expect(await socket.closed).toMatchObject({ code: 1011 });
    expect(await errors.take()).toMatchObject({ name: "ConnectionError", code: "hook-failed" });
    other.write("alive");
    expect((await other[Symbol.asyncIterator]().next()).value).toBe("alive");
  },
);

function throwing(): never {
  throw new Error("out of order");
}
