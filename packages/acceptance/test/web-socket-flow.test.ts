/** What the classes of the web platform do about a side that does not read. */
import type { Server, Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { adapter, connect, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, type Place } from "./places.ts";

const { WebSocket, WebSocketStream } = adapter;

/** 64 MiB: many times what the kernel and `limits.undelivered` of both sides hold. */
const MESSAGES = 1_024;
const MESSAGE = new Uint8Array(65_536);
const HALF = MESSAGES / 2;

/** Floods whoever comes to /flood, reads nothing of whoever comes to /paused, and echoes all others. */
async function floodingServer(place: Place) {
  const flood = { written: 0 };
  const paused = new Mailbox<{ readonly socket: Socket; readonly heard: () => number }>();
  const heard = new WeakMap<object, number>();
  const server = await serve({
    ...place.listen,
    async open(socket) {
      const target = socket.request?.target;
      if (target === "/paused") {
        socket.pause();
        paused.put({ socket, heard: () => heard.get(socket) ?? 0 });
      }
      if (target !== "/flood") return;
      for (; flood.written < MESSAGES; flood.written += 1) {
        if (socket.write(MESSAGE) !== "ok") await socket.ready();
      }
    },
    message(socket, message) {
      if (socket.request?.target === "/paused") heard.set(socket, (heard.get(socket) ?? 0) + 1);
      else socket.write(message);
    },
  });
  return { server, flood, paused };
}

/** Gives everybody the time to do what they can: another connection exchanges messages meanwhile. */
async function meanwhile(place: Place, server: Pick<Server, "url">, exchanges = 500) {
  await using other = await connect(place.url(server), place.client);
  for (let count = 0; count < exchanges; count += 1) {
    other.write("are you there?");
    await other[Symbol.asyncIterator]().next();
  }
}

describe.each(PLACES)("over %s", (_name, at) => {
  test("a WebSocketStream that is not read stops the server, which ends once it is read", async () => {
    const place = await at();
    const { server, flood } = await floodingServer(place);
    const stream = new WebSocketStream(`${place.url(server)}flood`, place.client);
    const { readable } = await stream.opened;
    await meanwhile(place, server);
    expect(flood.written).toBeGreaterThan(0);
    expect(flood.written).toBeLessThan(HALF);
    const reader = readable.getReader();
    for (let count = 0; count < MESSAGES; count += 1) {
      expect((await reader.read()).value?.length).toBe(MESSAGE.length);
    }
    expect(flood.written).toBe(MESSAGES);
    stream.close();
    await server.shutdown();
  });

  test("writes to a WebSocketStream whose server does not read wait until it does", async () => {
    const place = await at();
    const { server, paused } = await floodingServer(place);
    const stream = new WebSocketStream(`${place.url(server)}paused`, place.client);
    const writer = (await stream.opened).writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < MESSAGES; written += 1) await writer.write(MESSAGE);
    })();
    await meanwhile(place, server);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(HALF);
    const { socket, heard } = await paused.take();
    expect(heard()).toBe(0);
    socket.resume();
    await writing;
    await writer.close();
    await stream.closed;
    expect(heard()).toBe(MESSAGES);
    await server.shutdown();
  });

  test("bufferedAmount of a WebSocket grows while the server does not read, and falls to 0 once it does", async () => {
    const place = await at();
    const { server, paused } = await floodingServer(place);
    const socket = new WebSocket(`${place.url(server)}paused`, place.client);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const amounts: number[] = [];
    for (let count = 0; count < 24; count += 1) {
      const before = socket.bufferedAmount;
      socket.send(new Uint8Array(1_000_000));
      expect(socket.bufferedAmount).toBe(before + 1_000_000);
      await meanwhile(place, server, 20);
      amounts.push(socket.bufferedAmount);
    }
    expect(amounts.at(-1)).toBeGreaterThan(amounts.at(-6)!); // the kernel is full, and the rest stays
    const { socket: there, heard } = await paused.take();
    there.resume();
    while (socket.bufferedAmount > 0) await meanwhile(place, server, 1);
    socket.close();
    await new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
    expect(heard()).toBe(24);
    await server.shutdown();
  });
});
