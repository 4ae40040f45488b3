/**
 * The process in which heap is counted: `node --expose-gc` with a young generation so large that nothing is collected while
 * it is counted, so that all that was allocated is still there to be seen.
 */
import type { Transport, TransportHandler } from "@sansocket/driver";
import { createServer } from "@sansocket/node";
import { answerCalls } from "../child-process.ts";
import type { EchoCase } from "../echo/cases.ts";
import { encodeBurst, REQUEST_HEAD } from "../echo/wire.ts";
import { heapBytesPerFrame } from "../engine/allocation.ts";
import { HEAP_CASES, type HeapCase } from "./heap-cases.ts";

const transport: Transport = {
  write: () => true,
  endWrite: () => true,
  destroy() {},
  pause() {},
  resume() {},
  remoteAddress: null,
  tls: null,
};

function openConnection(lend: boolean): TransportHandler {
  const server = createServer({
    lend,
    message(socket, data) {
      socket.write(data);
    },
  });
  let opened: TransportHandler | null = null;
  server.accept((handler) => {
    opened = handler;
    return transport;
  });
  const handler = opened as TransportHandler | null;
  if (handler === null) throw new Error("the server takes no connection");
  handler.onData(new TextEncoder().encode(REQUEST_HEAD));
  return handler;
}

/** The bytes that a socket would bring in one read. */
const MOST_CHUNK_BYTES = 65_536;

function chunksOf({ payloadBytes, isText }: HeapCase): Uint8Array[] {
  const frame = encodeBurst({ payloadBytes, isText, inFlight: 1 } as EchoCase);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += MOST_CHUNK_BYTES) {
    chunks.push(frame.subarray(at, at + MOST_CHUNK_BYTES));
  }
  return chunks;
}

function collected(): NodeJS.MemoryUsage {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("bug: started without --expose-gc");
  gc();
  gc();
  return process.memoryUsage();
}

export interface Allocated {
  /** Bytes on the heap of JavaScript, and of array buffers beside it, per message. */
  readonly heap: number;
  readonly arrayBuffers: number;
}

const ATTEMPTS = 5;

async function perMessage(heapCase: HeapCase): Promise<Allocated> {
  const { messages, lend } = heapCase;
  const handler = openConnection(lend);
  const chunks = chunksOf(heapCase);
  const exchange = (count: number): void => {
    for (let message = 0; message < count; message += 1) {
      for (const chunk of chunks) handler.onData(chunk);
    }
  };
  for (let round = 0; round < 5; round += 1) {
    exchange(messages); // compiled before it counts
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  let heap = Number.POSITIVE_INFINITY;
  let arrayBuffers = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = collected();
    exchange(messages);
    const after = process.memoryUsage();
    // Less than nothing: something was collected all the same.
    const grown = after.heapUsed - before.heapUsed;
    if (grown >= 0) heap = Math.min(heap, grown / messages);
    const buffers = after.arrayBuffers - before.arrayBuffers;
    if (buffers >= 0) arrayBuffers = Math.min(arrayBuffers, buffers / messages);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { heap, arrayBuffers };
}

const calls = {
  heapPerFrame(): number {
    return heapBytesPerFrame();
  },
  async perMessage(name: string): Promise<Allocated> {
    const heapCase = HEAP_CASES.find((one) => one.name === name);
    if (heapCase === undefined) throw new Error(`bug: no case ${name}`);
    return await perMessage(heapCase);
  },
};

export type HeapCalls = typeof calls;

answerCalls(calls);
