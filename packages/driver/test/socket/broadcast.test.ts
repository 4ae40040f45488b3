/** One prepared message to many sockets. */
import { describe, expect, test } from "vitest";
import { prepare, Server, type Transport, type TransportHandler } from "../../src/index.ts";
import { VirtualRuntime } from "../stage.ts";

const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);
/** A text of one byte, masked with the key 0. */
const ASK = Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0x61);
const SOCKETS = 10_000;

/** Takes everything at once, and writes down the arrays that it is given. */
class Sink implements Transport {
  readonly chunks: Uint8Array[] = [];
  readonly remoteAddress = null;
  readonly tls = null;

  write(chunks: readonly Uint8Array[]): boolean {
    this.chunks.push(...chunks);
    return true;
  }

  endWrite(): boolean {
    return true;
  }

  destroy(): void {}
  pause(): void {}
  resume(): void {}
}

interface Hall {
  /** A message arrives, and its hook writes `times` times to all sockets. */
  broadcast(length: number, times: number): void;
  readonly sinks: Sink[];
  /** Bytes of memory that were allocated between the arrival and the first write of a transport. */
  memory: number;
}

async function openHall(): Promise<Hall> {
  let message = prepare("");
  let times = 1;
  const hooks = {
    message(): void {
      const before = process.memoryUsage().arrayBuffers;
      for (const socket of server.sockets) {
        for (let time = 0; time < times; time += 1) socket.write(message);
      }
      hall.memory = process.memoryUsage().arrayBuffers - before;
    },
  };
  const server = new Server(hooks, { runtime: new VirtualRuntime() });
  const handlers: TransportHandler[] = [];
  const hall: Hall = {
    sinks: [],
    memory: 0,
    broadcast(length, count) {
      message = prepare(new Uint8Array(length).fill(7));
      times = count;
      for (const sink of hall.sinks) sink.chunks.length = 0;
      handlers[0]!.onData(ASK);
    },
  };
  for (let index = 0; index < SOCKETS; index += 1) {
    server.accept((handler) => {
      handlers.push(handler);
      const sink = new Sink();
      hall.sinks.push(sink);
      return sink;
    });
  }
  await null;
  for (const handler of handlers) handler.onData(REQUEST);
  return hall;
}

describe(`a prepared message to ${SOCKETS} sockets`, () => {
  for (const length of [16, 1_024, 65_536]) {
    test(`of ${length} bytes goes out as one array, and takes no memory for a socket`, async () => {
      const hall = await openHall();
      hall.broadcast(length, 1);
      hall.broadcast(length, 1);
      const [frame] = hall.sinks[0]!.chunks;
      const others = hall.sinks.filter(({ chunks }) => chunks.length !== 1 || chunks[0] !== frame);
      expect(others).toHaveLength(0);
      // Less than a byte for each socket: the memories that the thread shares.
      expect(hall.memory).toBeLessThan(SOCKETS);
    });
  }

  test("that is one of many in a turn leaves in one piece with them", async () => {
    const hall = await openHall();
    hall.broadcast(10, 3);
    expect(hall.sinks.map(({ chunks }) => chunks.length)).toEqual(new Array(SOCKETS).fill(1));
    expect([...hall.sinks[1]!.chunks[0]!]).toEqual(
      [0, 1, 2].flatMap(() => [0x82, 10, ...new Array(10).fill(7)]),
    );
  });
});
