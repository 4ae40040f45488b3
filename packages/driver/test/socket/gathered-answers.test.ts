/** Answers of an application that answers later leave in one write, as the answers of a hook that answers at once do. */
import { describe, expect, test, vi } from "vitest";
import type { Message, ServerOptions, Socket } from "../../src/index.ts";
import { type Peer, Stage, settle } from "../stage.ts";

const COUNT = 16;

/** A peer that sends all its messages in one chunk. @returns the sizes of the writes of the driver, in bytes. */
async function sendsInOneChunk(peer: Peer, count: number): Promise<number[]> {
  const sizes: number[] = [];
  const { transport } = peer;
  const write = transport.write.bind(transport);
  vi.spyOn(transport, "write").mockImplementation((chunks) => {
    sizes.push(chunks.reduce((sum, { length }) => sum + length, 0));
    return write(chunks);
  });
  for (let number = 0; number < count; number += 1) peer.endpoint.sendText(`${number}`.padStart(8));
  peer.speak();
  peer.toDriverUpTo(Number.POSITIVE_INFINITY);
  await settle(2_000);
  return sizes;
}

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `${number}`.padStart(8));

const later = async (message: Message): Promise<Message> => message;

/** A loop that answers each message. */
async function answerAll(socket: Socket<undefined>): Promise<void> {
  for await (const message of socket) socket.write(message);
}

describe("16 messages of one read are answered in at most two writes", () => {
  test.each<[string, ServerOptions<undefined>]>([
    [
      "by an async hook that awaits nothing",
      {
        async message(socket, message) {
          socket.write(message);
        },
      },
    ],
    [
      "by an async hook that awaits the result of an async function",
      {
        async message(socket, message) {
          socket.write(await later(message));
        },
      },
    ],
    [
      "by an async hook that goes through several promises",
      {
        async message(socket, message) {
          const first = await later(message);
          const second = await Promise.all([later(first), later(first)]);
          socket.write(await later(second[1]));
        },
      },
    ],
    [
      "by an async hook that does not await its send",
      {
        async message(socket, message) {
          void socket.send(message);
        },
      },
    ],
    ["by a loop", { open: (socket) => void answerAll(socket) }],
    ["by a loop in an async open hook", { open: answerAll }],
  ])("%s", async (_name, options) => {
    const stage = new Stage(options);
    const peer = await stage.opened();
    const sizes = await sendsInOneChunk(peer, COUNT);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(COUNT * 10);
    expect(sizes.length).toBeLessThanOrEqual(2);
    await peer.pump();
    expect(peer.messages).toEqual(numbers(COUNT));
  });
});

describe("an answer does not wait for an application that takes long", () => {
  test("with the message behind it", async () => {
    let answered = 0;
    const stage = new Stage({
      async message(socket, message) {
        if (answered === 1) await new Promise(() => {}); // the second message is never answered
        answered += 1;
        socket.write(message);
      },
    });
    const peer = await stage.opened();
    expect(await sendsInOneChunk(peer, 3)).toEqual([10]);
  });

  test("with a second answer to the same message", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stage = new Stage({
      async message(socket, message) {
        socket.write(message);
        await held;
        socket.write("and this");
        await new Promise(() => {});
      },
    });
    const peer = await stage.opened();
    const sizes = await sendsInOneChunk(peer, 3);
    expect(sizes).toEqual([10]);
    release();
    await settle();
    expect(sizes).toEqual([10, 10]);
  });

  test("while the application has paused", async () => {
    const stage = new Stage({
      message(socket, message) {
        socket.pause();
        socket.write(message);
      },
    });
    const peer = await stage.opened();
    expect(await sendsInOneChunk(peer, 3)).toEqual([10]);
  });
});

test("an application that awaits its send goes on for each message", async () => {
  const results: string[] = [];
  const stage = new Stage({
    async message(socket, message) {
      results.push(await socket.send(message));
    },
  });
  const peer = await stage.opened();
  await sendsInOneChunk(peer, COUNT);
  expect(results).toEqual(Array.from({ length: COUNT }, () => "sent"));
  await peer.pump();
  expect(peer.messages).toEqual(numbers(COUNT));
});

test("a Close behind answers that wait leaves with the answers, and an abort drops them", async () => {
  let answered = 0;
  const stage = new Stage({
    async message(socket, message) {
      answered += 1;
      socket.write(message);
      if (answered === 3) socket.close(1000, "enough");
    },
  });
  const peer = await stage.opened();
  await sendsInOneChunk(peer, 5);
  await peer.pump();
  expect(peer.messages.slice(0, 3)).toEqual(numbers(3));
  expect(peer.endpoint.peerClose).toMatchObject({ code: 1000, reason: "enough" });
});

test("answers above 64 KiB do not wait for more of them", async () => {
  const stage = new Stage({
    async message(socket) {
      socket.write(new Uint8Array(40_000));
    },
  });
  const peer = await stage.opened();
  const sizes = await sendsInOneChunk(peer, 8);
  expect(sizes.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...sizes)).toBeLessThan(110_000);
});
