/** Heap per idle open endpoint, without sockets: the slope between two counts, after collection. */
import { openServer, openWs } from "./subjects.ts";

const FEW = 20_000;
const MANY = 100_000;

/** Twice: what survives the first collection is old after the second, and no longer copied about. */
function collectGarbage(): void {
  collect({ type: "major" });
  collect({ type: "major" });
}

/** The same for young objects only: full collections would also age compiled code until it is thrown away. */
export function collectYoungGarbage(): void {
  collect({ type: "minor" });
  collect({ type: "minor" });
}

function collect(options: { readonly type: "major" | "minor" }): void {
  const { gc } = globalThis as { gc?: (options: object) => void };
  if (gc === undefined) throw new Error("run node with --expose-gc");
  gc(options);
}

function heapUsed(): number {
  collectGarbage();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}

function slope(open: () => unknown): number {
  const kept: unknown[] = new Array(MANY).fill(null);
  for (let index = 0; index < FEW; index += 1) kept[index] = open();
  const before = heapUsed();
  for (let index = FEW; index < MANY; index += 1) kept[index] = open();
  const after = heapUsed();
  if (kept.some((one) => one === null)) throw new Error("not all were opened");
  return (after - before) / (MANY - FEW);
}

/** An endpoint that has been open, has received a message and sent one, and is idle again. */
export function bytesPerEndpoint(): number {
  const message = new Uint8Array([0x82, 0x81, 1, 2, 3, 4, 5]);
  return slope(() => {
    const endpoint = openServer();
    endpoint.receive(message, 1.5);
    while (endpoint.next() !== 0) endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
    endpoint.transmit(2.5);
    endpoint.sent(3.5);
    return endpoint;
  });
}

/** The parts of `ws` that do the same: a receiver with its listener, and a sender. */
export function bytesPerWs(): number {
  return slope(() => {
    const pair = openWs(() => {});
    pair.receiver.on("message", () => {});
    return pair;
  });
}
