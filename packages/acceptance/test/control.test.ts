import type { CloseInfo, Message } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES } from "./places.ts";

describe.each(PLACES)("over %s", (_name, at) => {
  test("ping and close can be awaited inside a hook, with messages behind it", async () => {
    const place = await at();
    const said = new Mailbox<unknown>();
    const ends = new Mailbox<CloseInfo>();
    await using server = await serve({
      ...place.listen,
      async message(socket, message) {
        said.put(message);
        said.put(typeof (await socket.ping()));
        if (message === "3") said.put((await socket.close(4_001, "third")).code);
      },
      close: (_socket, info) => ends.put(info),
    });
    const socket = await connect(place.url(server), place.client);
    for (const message of ["1", "2", "3", "4"]) socket.write(message);
    const said6 = [];
    for (let count = 0; count < 6; count += 1) said6.push(await said.take());
    expect(said6).toEqual(["1", "number", "2", "number", "3", "number"]);
    expect(await socket.closed).toMatchObject({ code: 4_001, reason: "third", wasClean: true });
    expect(await ends.take()).toMatchObject({ initiator: "local", wasClean: true, error: null });
  });

  test("ping and close can be awaited inside a loop, with messages behind it", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      async open(socket) {
        for (const message of ["1", "2", "3", "4"]) await socket.send(message);
      },
    });
    const socket = await connect(place.url(server), place.client);
    const said: unknown[] = [];
    for await (const message of socket) {
      said.push(message, typeof (await socket.ping()));
      if (message === "3") said.push((await socket.close(4_001, "third")).wasClean);
    }
    // What had arrived before the peer's Close is delivered.
    expect(said).toEqual(["1", "number", "2", "number", "3", "number", true, "4", "string"]);
    expect(await socket.ping()).toBe("closed");
  });
});

test("the ping and pong hooks get the payload, while the message hook is busy", async () => {
  const said = new Mailbox<string>();
  let finish = (): void => {};
  const busy = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await using server = await serve({
    hostname: "127.0.0.1",
    async message(socket) {
      void socket.ping(Uint8Array.of(7, 8));
      await busy;
      said.put("message done");
    },
    ping: (_socket, payload) => said.put(`ping ${payload}`),
    pong: (_socket, payload) => said.put(`pong ${payload}`),
  });
  await using socket = await connect(server.url);
  socket.write("be busy");
  expect(await said.take()).toBe("pong 7,8");
  await socket.ping(Uint8Array.of(1, 2, 3));
  expect(await said.take()).toBe("ping 1,2,3");
  expect(said.untaken).toEqual([]);
  finish();
  expect(await said.take()).toBe("message done");
});

test("an asynchronous open is awaited before the first message, and each message before the next", async () => {
  const said: string[] = [];
  const done = new Mailbox<null>();
  await using server = await serve({
    hostname: "127.0.0.1",
    async open(socket) {
      said.push("open begins");
      await socket.ping();
      said.push("open ends");
    },
    async message(socket, message) {
      said.push(`${message} begins`);
      await socket.ping();
      said.push(`${message} ends`);
      if (message === "second") done.put(null);
    },
  });
  await using socket = await connect(server.url);
  socket.write("first");
  socket.write("second");
  await done.take();
  expect(said).toEqual([
    "open begins",
    "open ends",
    "first begins",
    "first ends",
    "second begins",
    "second ends",
  ]);
});

test("pause keeps messages back, not control; resume delivers them", async () => {
  const received: Message[] = [];
  const arrived = new Mailbox<null>();
  await using server = await serve({
    hostname: "127.0.0.1",
    open: (socket) => socket.pause(),
    message(_socket, message) {
      received.push(message);
      if (received.length === 2) arrived.put(null);
    },
  });
  await using socket = await connect(server.url);
  socket.write("one");
  socket.write("two");
  expect(await socket.ping()).toBeTypeOf("number"); // what stands before it has arrived
  expect(received).toEqual([]);
  server.sockets[0]!.resume();
  await arrived.take();
  expect(received).toEqual(["one", "two"]);
});

test("a loop that is left loses nothing: the next one goes on", async () => {
  await using server = await serve({
    hostname: "127.0.0.1",
    open(socket) {
      for (const message of ["1", "2", "3"]) socket.write(message);
    },
  });
  await using socket = await connect(server.url);
  const received: Message[] = [];
  for (let loop = 0; loop < 3; loop += 1) {
    for await (const message of socket) {
      received.push(message);
      break;
    }
  }
  expect(received).toEqual(["1", "2", "3"]);
});

test("a silent peer is asked by a ping and, when it does not answer, closed with 1001", async () => {
  const ends = new Mailbox<CloseInfo>();
  await using server = await serve({
    hostname: "127.0.0.1",
    timeouts: { ping: 20, pong: 20, close: 20 },
    close: (_socket, info) => ends.put(info),
  });
  const { connect: connectTcp } = await import("node:net");
  const peer = connectTcp(Number(new URL(server.url).port), "127.0.0.1");
  peer.on("error", () => {});
  peer.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const info = await ends.take();
  expect(info).toMatchObject({ code: 1006, wasClean: false, error: { code: "timeout" } });
  expect(info.ended.localClose?.code).toBe(1001);
  peer.destroy();
});

test("the trace hook sees every frame, in and out", async () => {
  const frames: string[] = [];
  await using server = await serve({
    hostname: "127.0.0.1",
    message: (socket, message) => void socket.write(message),
    trace: (_socket, frame) =>
      void frames.push(`${frame.direction} ${frame.opcode} ${frame.payloadLength}`),
  });
  const socket = await connect(server.url);
  socket.write("seen");
  await socket.ping();
  await socket.close();
  expect(frames).toEqual(["in 1 4", "out 1 4", "in 9 4", "out 10 4", "in 8 2", "out 8 2"]);
});
