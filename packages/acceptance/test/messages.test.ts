import type { Message, Sendable, Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { adapter, connect, serve } from "./adapter.ts";
import { expectBytes, expectMessage, pattern } from "./bytes.ts";
import { PLACES } from "./places.ts";

async function nextMessage(socket: Socket): Promise<Message | undefined> {
  return (await socket[Symbol.asyncIterator]().next()).value;
}

const bytes = pattern(1_000);

const MESSAGES: readonly (readonly [what: string, sent: Sendable, back: string | Uint8Array])[] = [
  ["text beyond ASCII", "grüße, 世界 😀", "grüße, 世界 😀"],
  ["empty text", "", ""],
  ["bytes", bytes, bytes],
  ["no bytes", new Uint8Array(0), new Uint8Array(0)],
  // Whoever sends `view.buffer` in place of the view shows what is around it.
  ["a view into a larger buffer", bytes.subarray(10, 20), bytes.slice(10, 20)],
  ["an ArrayBuffer", bytes.buffer, bytes],
  ["a DataView", new DataView(bytes.buffer, 4, 4), bytes.slice(4, 8)],
  // The two longer forms of the payload length begin at these (RFC 6455 §5.2).
  ["126 bytes", pattern(126), pattern(126)],
  ["65,536 bytes", pattern(65_536), pattern(65_536)],
  // More than any transport takes at once.
  ["1 MiB of bytes", pattern(1_048_576), pattern(1_048_576)],
  ["1 MiB of text", "é".repeat(524_288), "é".repeat(524_288)],
  ["a lone surrogate", "a\ud800b", "a\ufffdb"],
  ["a byte order mark", "\ufefftext", "\ufefftext"],
];

describe.each(PLACES)("over %s", (_name, at) => {
  test("every kind of message comes back from a hook as it was sent", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      message: (socket, message) => void socket.write(message),
    });
    await using socket = await connect(place.url(server), place.client);
    for (const [, sent, back] of MESSAGES) {
      socket.write(sent);
      expectMessage(await nextMessage(socket), back);
    }
  });

  test("every kind of message comes back from a loop as it was sent", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      async connection(socket) {
        for await (const message of socket) await socket.send(message);
      },
    });
    await using socket = await connect(place.url(server), place.client);
    for (const [, sent] of MESSAGES) socket.write(sent);
    let count = 0;
    for await (const message of socket) {
      expectMessage(message, MESSAGES[count]![2]);
      count += 1;
      if (count === MESSAGES.length) break;
    }
    expect(count).toBe(MESSAGES.length);
  });

  test("10,000 small messages sent in one turn come back in their order", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      message: (socket, message) => void socket.write(message),
    });
    await using socket = await connect(place.url(server), place.client);
    for (let index = 0; index < 10_000; index += 1) socket.write(String(index));
    const received: Message[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 10_000) break;
    }
    expect(received.findIndex((message, index) => message !== String(index))).toBe(-1);
  });

  test("send answers that the transport has taken the message, which then arrives", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      message: (socket, message) => void socket.write(message),
    });
    await using socket = await connect(place.url(server), place.client);
    expect(await socket.send("small")).toBe("sent");
    const large = pattern(3_000_000);
    expect(await socket.send(large)).toBe("sent");
    expect(socket.unsent).toBe(0);
    expect(await nextMessage(socket)).toBe("small");
    expectBytes(await nextMessage(socket), large);
  });

  test("a message sent in fragments arrives as one, and others wait behind it", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      message: (socket, message) => void socket.write(message),
    });
    await using socket = await connect(place.url(server), place.client);
    async function* parts(): AsyncGenerator<string> {
      yield "in ";
      socket.write("behind");
      // The pong comes although the message is unfinished: control may stand between fragments (RFC 6455 §5.4).
      expect(await socket.ping()).toBeTypeOf("number");
      yield "three ";
      yield "parts";
    }
    expect(await socket.sendStream(parts())).toBe("sent");
    expect(await nextMessage(socket)).toBe("in three parts");
    expect(await nextMessage(socket)).toBe("behind");
    const all = pattern(500_000);
    expect(await socket.sendStream([all.subarray(0, 300_000), all.subarray(300_000)])).toBe("sent");
    expectBytes(await nextMessage(socket), all);
    expect(await socket.sendStream([], { type: "text" })).toBe("sent");
    expect(await nextMessage(socket)).toBe("");
  });
});

test("a message that was prepared once goes to every socket", async () => {
  const prepared = adapter.prepare("to all of you");
  await using server = await serve({ hostname: "127.0.0.1", message: () => broadcast() });
  const broadcast = (): void => {
    for (const socket of server.sockets) socket.write(prepared);
  };
  await using one = await connect(server.url);
  await using other = await connect(server.url);
  await other.ping(); // the server has opened both
  one.write("go");
  expect(await nextMessage(one)).toBe("to all of you");
  expect(await nextMessage(other)).toBe("to all of you");
});

test("bytes are delivered in a buffer of their own", async () => {
  const views: Uint8Array[] = [];
  await using server = await serve({
    hostname: "127.0.0.1",
    message(socket, message) {
      if (typeof message !== "string") views.push(message);
      socket.write(message);
    },
  });
  await using socket = await connect(server.url);
  for (const length of [5, 70_000]) {
    socket.write(pattern(length));
    views.push((await nextMessage(socket)) as Uint8Array);
  }
  expect(views.map((view) => [view.byteOffset, view.length, view.buffer.byteLength])).toEqual([
    [0, 5, 5],
    [0, 5, 5],
    [0, 70_000, 70_000],
    [0, 70_000, 70_000],
  ]);
});

test("lent bytes are valid until the hook returns", async () => {
  await using server = await serve({
    hostname: "127.0.0.1",
    lend: true,
    message: (socket, message) => void socket.write(message),
  });
  await using socket = await connect(server.url);
  for (const length of [5, 20_000, 200_000]) {
    socket.write(pattern(length));
    expectBytes(await nextMessage(socket), pattern(length));
  }
});
