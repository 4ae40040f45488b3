/**
 * One zlib context used synchronously: `_processChunk` of node:zlib's stream objects, which Node, Deno and Bun have alike.
 *
 * The public API has no synchronous call that keeps a context. The method is private, so every use stands behind
 * `self-test`, which compares it with known answers once per process. The method is JavaScript and fails by an exception;
 * the handle's own `writeSync` aborts the whole process when it is called wrongly, and therefore is never called here.
 */
import { Buffer } from "node:buffer";
import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from "node:zlib";

/** The private members of a stream of node:zlib that are used here. */
interface PrivateStream {
  _handle: PrivateHandle | null;
  _processChunk(chunk: Uint8Array, flushFlag: number): Uint8Array;
  _outBuffer?: Uint8Array;
  _chunkSize?: number;
}

interface PrivateHandle {
  close(): void;
}

export interface ZlibContext {
  readonly stream: DeflateRaw | InflateRaw;
  readonly hidden: PrivateStream;
  /** `_processChunk` takes it from the stream at its end. null when the context is disposed of. */
  handle: PrivateHandle | null;
}

/** Output of every context of the process: each call's output is lent until the next call. */
const sharedOutput: Uint8Array = Buffer.allocUnsafeSlow(65_536);
/** The least that zlib takes. A stream of its own size of buffer would cost as much per connection. */
const LEAST_CHUNK_SIZE = 64;

export function createContext(kind: "deflate" | "inflate", options: ZlibOptions): ZlibContext {
  const complete = { ...options, chunkSize: LEAST_CHUNK_SIZE };
  const stream = kind === "deflate" ? createDeflateRaw(complete) : createInflateRaw(complete);
  const hidden = stream as unknown as PrivateStream;
  if (hidden._outBuffer !== undefined && hidden._chunkSize === LEAST_CHUNK_SIZE) {
    hidden._outBuffer = sharedOutput;
    hidden._chunkSize = sharedOutput.length;
  }
  stream.on("error", ignoreError);
  const handle = hidden._handle;
  if (handle === null) throw new Error("bug: a stream of node:zlib has no handle");
  keepOpen(stream, handle);
  return { stream, hidden, handle };
}

/** `process` throws the error; the stream tells of the same error once more, by an event. */
function ignoreError(): void {}

function stayOpen(): void {}

function addNoListener(this: unknown): unknown {
  return this;
}

/**
 * `_processChunk` serves callers that use a stream once: it adds a listener for errors, and closes the stream at its end. The
 * members of this one stream stand in for those. Without them Bun needs 12.9 us in place of 10.8 for an echo of a
 * message of 150 bytes with takeover.
 */
function keepOpen(stream: DeflateRaw | InflateRaw, handle: PrivateHandle): void {
  handle.close = stayOpen;
  Object.assign(stream, { close: stayOpen, on: addNoListener });
}

/**
 * Processes the whole chunk and flushes to a byte boundary.
 * @returns the output, lent until the next call for any context.
 * @throws what zlib throws for data that is no DEFLATE.
 */
export function process({ hidden, handle }: ZlibContext, chunk: Uint8Array): Uint8Array {
  if (handle === null) throw new Error("bug: the zlib context is disposed of");
  try {
    return hidden._processChunk(chunk, constants.Z_SYNC_FLUSH);
  } finally {
    hidden._handle = handle;
  }
}

/** Gives zlib's memory back. Deno frees it in no other way. */
export function closeContext(context: ZlibContext): void {
  const { stream, hidden, handle } = context;
  if (handle === null) return;
  context.handle = null;
  for (const name of ["close", "on"]) Reflect.deleteProperty(stream, name);
  Reflect.deleteProperty(handle, "close");
  stream.close();
  // Behind an error the stream counts as closed already, and leaves its handle open.
  if (hidden._handle === null) return;
  hidden._handle = null;
  handle.close();
}
