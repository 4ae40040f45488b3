import { describe, expect, test } from "vitest";
import { adapter, connect, serve } from "./adapter.ts";
import { expectBytes, pattern } from "./bytes.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES } from "./places.ts";

const { WebSocket, WebSocketStream } = adapter;

type Events = Mailbox<Event & { readonly data?: unknown; readonly code?: number }>;

/** Every event of a WebSocket, in order. */
function eventsOf(socket: InstanceType<typeof WebSocket>): Events {
  const events: Events = new Mailbox();
  for (const type of ["open", "message", "error", "close"]) {
    socket.addEventListener(type, (event) => events.put(event as Event));
  }
  return events;
}

describe.each(PLACES)("a WebSocket over %s", (_name, at) => {
  test("opens, exchanges text and bytes of every binaryType, and closes", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      protocols: ["chat"],
      message: (there, message) => void there.write(message),
    });
    const socket = new WebSocket(place.url(server), { ...place.client, protocols: ["chat"] });
    const events = eventsOf(socket);
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    expect((await events.take()).type).toBe("open");
    expect([socket.readyState, socket.protocol, socket.extensions]).toEqual([1, "chat", ""]);
    expect(socket.url).toBe(place.url(server));

    socket.send("grüße");
    expect((await events.take()).data).toBe("grüße");
    const bytes = pattern(100_000);
    socket.send(bytes);
    const blob = (await events.take()).data as Blob;
    expectBytes(new Uint8Array(await blob.arrayBuffer()), bytes);
    socket.binaryType = "arraybuffer";
    socket.send(new Blob([bytes]));
    expectBytes(new Uint8Array((await events.take()).data as ArrayBuffer), bytes);

    socket.close(4_000, "enough");
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    const closed = await events.take();
    expect(closed).toMatchObject({ type: "close", code: 4_000, reason: "", wasClean: true });
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    expect(socket.bufferedAmount).toBe(0);
  });

  test("tells the server's code and reason", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      open: (there) => void there.close(4_001, "no room"),
    });
    const socket = new WebSocket(place.url(server), place.client);
    const events = eventsOf(socket);
    expect((await events.take()).type).toBe("open");
    const closed = { type: "close", code: 4_001, reason: "no room", wasClean: true };
    expect(await events.take()).toMatchObject(closed);
  });

  test("that cannot open gets error, then close with 1006", async () => {
    const place = await at();
    await using server = await serve({ ...place.listen, upgrade: (request) => request.reject() });
    const socket = new WebSocket(place.url(server), place.client);
    const events = eventsOf(socket);
    expect((await events.take()).type).toBe("error");
    expect(await events.take()).toMatchObject({ type: "close", code: 1006, wasClean: false });
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });
});

test("a WebSocket that is closed while it connects never opens", async () => {
  await using server = await serve({ hostname: "127.0.0.1" });
  const socket = new WebSocket(server.url);
  const events = eventsOf(socket);
  socket.close();
  expect((await events.take()).type).toBe("error");
  expect(await events.take()).toMatchObject({ type: "close", code: 1006, wasClean: false });
});

test("a WebSocketStream exchanges messages, and closes from either side", async () => {
  await using server = await serve({
    hostname: "127.0.0.1",
    message(there, message) {
      if (message === "bye") void there.close(4_002, "bye");
      else there.write(message);
    },
  });
  const stream = new WebSocketStream(server.url);
  const { readable, writable } = await stream.opened;
  const writer = writable.getWriter();
  const reader = readable.getReader();
  await writer.write("hello");
  expect(await reader.read()).toEqual({ value: "hello", done: false });
  const bytes = pattern(1_000_000);
  await writer.write(bytes);
  expectBytes((await reader.read()).value, bytes);
  await writer.write("bye");
  expect(await reader.read()).toEqual({ value: undefined, done: true });
  expect(await stream.closed).toEqual({ closeCode: 4_002, reason: "bye" });

  const other = new WebSocketStream(server.url);
  await other.opened;
  other.close({ closeCode: 4_003 });
  expect((await other.closed).closeCode).toBe(4_003);
});

test("the classes and connect share a server", async () => {
  const said = new Mailbox<unknown>();
  await using server = await serve({
    hostname: "127.0.0.1",
    message: (_there, message) => said.put(message),
  });
  await using socket = await connect(server.url);
  const standard = new WebSocket(server.url);
  const events = eventsOf(standard);
  await events.take();
  socket.write("by connect");
  expect(await said.take()).toBe("by connect");
  standard.send("by the class");
  expect(await said.take()).toBe("by the class");
  standard.close();
  await events.take();
});
