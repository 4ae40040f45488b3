import type { Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { pattern } from "./bytes.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES } from "./places.ts";

const MiB = 1_048_576;
const MESSAGE = pattern(65_536);
const MESSAGES = (32 * MiB) / MESSAGE.length;

/** Each message begins with its number. */
function numbered(number: number): Uint8Array {
  const message = MESSAGE.slice();
  new DataView(message.buffer).setUint32(0, number);
  return message;
}

/** Reads them all, and says how many were not what was expected. */
async function readAll(socket: Socket): Promise<{ received: number; wrong: number }> {
  let received = 0;
  let wrong = 0;
  for await (const message of socket) {
    const bytes = message as Uint8Array;
    const number = new DataView(bytes.buffer).getUint32(0);
    if (number !== received || bytes.length !== MESSAGE.length) wrong += 1;
    if (bytes[bytes.length - 1] !== MESSAGE[MESSAGE.length - 1]) wrong += 1;
    received += 1;
    if (received === MESSAGES) break;
  }
  return { received, wrong };
}

describe.each(PLACES)("32 MiB to a client that has paused, over %s", (_name, at) => {
  test("meet pressure while it pauses, and all arrive once it reads", async () => {
    const place = await at();
    const pressed = new Mailbox<Socket>();
    await using server = await serve({
      ...place.listen,
      async open(socket) {
        for (let number = 0; number < MESSAGES; number += 1) {
          if (socket.write(numbered(number)) === "ok") continue;
          pressed.put(socket);
          await socket.ready();
        }
      },
    });
    await using socket = await connect(place.url(server), place.client);
    socket.pause();
    const stuck = await pressed.take();
    expect(stuck.unsent).toBeGreaterThan(0);
    expect(stuck.unsent).toBeLessThan(2 * MiB);
    socket.resume();
    expect(await readAll(socket)).toEqual({ received: MESSAGES, wrong: 0 });
  });

  test("go on with every drain hook", async () => {
    const place = await at();
    let next = 0;
    let drains = 0;
    const fill = (socket: Socket): void => {
      while (next < MESSAGES) {
        next += 1;
        if (socket.write(numbered(next - 1)) === "pressure") return;
      }
    };
    const pressed = new Mailbox<null>();
    await using server = await serve({
      ...place.listen,
      open(socket) {
        fill(socket);
        pressed.put(null);
      },
      drain(socket) {
        drains += 1;
        fill(socket);
      },
    });
    await using socket = await connect(place.url(server), place.client);
    socket.pause();
    await pressed.take();
    socket.resume();
    expect(await readAll(socket)).toEqual({ received: MESSAGES, wrong: 0 });
    expect(drains).toBeGreaterThan(1);
  });
});

test("a client that writes 32 MiB meets the pressure of a server that has paused", async () => {
  let received = 0;
  const all = new Mailbox<number>();
  await using server = await serve({
    hostname: "127.0.0.1",
    open: (socket) => socket.pause(),
    message(_socket, message) {
      received += message.length;
      if (received === 32 * MiB) all.put(received);
    },
  });
  await using socket = await connect(server.url);
  let pressures = 0;
  for (let number = 0; number < MESSAGES; number += 1) {
    if (socket.write(numbered(number)) === "ok") continue;
    pressures += 1;
    server.sockets[0]?.resume();
    await socket.ready();
  }
  expect(pressures).toBeGreaterThan(0);
  expect(await all.take()).toBe(32 * MiB);
});

test("whoever heeds no pressure ends its own socket at limits.unsent, with an error that says so", async () => {
  const errors = new Mailbox<string>();
  await using server = await serve({
    hostname: "127.0.0.1",
    limits: { unsent: 4 * MiB },
    timeouts: { close: 100 },
    open(socket) {
      while (socket.write(MESSAGE) !== "closed");
    },
    error: (_socket, error) => errors.put(error.code),
  });
  const socket = await connect(server.url);
  socket.pause();
  expect(await errors.take()).toBe("unsent-limit");
  socket.abort(); // it would have to read all that before it sees a Close
});

test("both sides send 8 MiB at once and both receive them", async () => {
  await using server = await serve({
    hostname: "127.0.0.1",
    message: (socket, message) => void socket.write(message),
  });
  await using socket = await connect(server.url);
  for (let number = 0; number < 128; number += 1) socket.write(numbered(number));
  let received = 0;
  for await (const message of socket) {
    expect(new DataView((message as Uint8Array).buffer).getUint32(0)).toBe(received);
    received += 1;
    if (received === 128) break;
  }
  expect(received).toBe(128);
});
