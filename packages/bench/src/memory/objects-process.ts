/**
 * Heap per idle open connection without sockets, on any runtime: the engine, and the objects of the driver around it, on a
 * transport that does nothing. The figure is the slope between two counts, after collections.
 */
import type { OpenTransport, Transport, TransportHandler } from "@sansocket/driver";
import { currentRuntime } from "@sansocket/workshop/runtimes";
import { bun } from "../bun-globals.ts";
import { answerCalls } from "../child-process.ts";
import { REQUEST_HEAD } from "../echo/wire.ts";
import { openServer } from "../engine/subjects.ts";

const FEW = 10_000;
const MANY = 50_000;

/** Twice: what survives the first collection is old after the second, and no longer copied about. */
function collectGarbage(): void {
  if ("Bun" in globalThis) {
    bun().gc(true);
    bun().gc(true);
    return;
  }
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("bug: started without --expose-gc");
  gc();
  gc();
}

function heapUsed(): number {
  collectGarbage();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

async function slope(open: () => unknown): Promise<number> {
  const kept: unknown[] = new Array(MANY).fill(null);
  const openUntil = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) {
      kept[index] = open();
      // Lets go of what belongs to a turn.
      if (index % 1_000 === 999) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await openUntil(0, FEW);
  const before = heapUsed();
  await openUntil(FEW, MANY);
  const after = heapUsed();
  if (kept.some((one) => one === null)) throw new Error("not all were opened");
  return (after - before) / (MANY - FEW);
}

const MESSAGE = new Uint8Array([0x82, 0x81, 1, 2, 3, 4, 5]);
const REQUEST = new TextEncoder().encode(REQUEST_HEAD);

/** One for all connections: only what is ours is to be counted. */
const transport: Transport = {
  write: () => true,
  endWrite: () => true,
  destroy() {},
  pause() {},
  resume() {},
  remoteAddress: null,
  tls: null,
};

interface Server {
  accept(open: OpenTransport): boolean;
  readonly sockets: readonly object[];
}

type CreateServer = (options: {
  message(socket: { write(data: string | Uint8Array): unknown }, data: string | Uint8Array): void;
}) => Server;

const ADAPTERS: Readonly<Record<string, () => Promise<{ createServer: CreateServer }>>> = {
  node: () => import("@sansocket/node"),
  deno: () => import("@sansocket/deno"),
  bun: () => import("@sansocket/bun"),
};

const calls = {
  /** An endpoint that has been open, has received a message and sent one, and is idle again. */
  async bytesPerEndpoint(): Promise<number> {
    return await slope(() => {
      const endpoint = openServer();
      endpoint.receive(MESSAGE, 1.5);
      while (endpoint.next() !== 0) {
        endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
      }
      endpoint.transmit(2.5);
      endpoint.sent(3.5);
      return endpoint;
    });
  },
  /** The same with all objects of a server's connection, its socket among them. */
  async bytesPerConnection(): Promise<number> {
    const { createServer } = await ADAPTERS[currentRuntime()]!();
    const server = createServer({
      message(socket, data) {
        socket.write(data);
      },
    });
    const bytes = await slope(() => {
      let handler: TransportHandler | null = null;
      const isTaken = server.accept((given) => {
        handler = given;
        return transport;
      });
      if (!isTaken || handler === null) throw new Error("the server takes no more");
      (handler as TransportHandler).onData(REQUEST);
      (handler as TransportHandler).onData(MESSAGE);
      return handler;
    });
    if (server.sockets.length !== MANY) throw new Error("not all connections are open");
    return bytes;
  },
};

export type ObjectCalls = typeof calls;

answerCalls(calls);
