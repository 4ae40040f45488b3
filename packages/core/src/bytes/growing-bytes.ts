/**
 * Bytes that arrive in pieces of any size, gathered in one buffer that doubles.
 *
 * One buffer and not a list of pieces: a list costs an object per piece, so that a peer who sends one-byte fragments
 * makes a server hold a hundred times what it sent (CVE-2026-48779). Here a one-byte piece costs one byte, and what
 * is retained is at most twice what has arrived, however much was announced.
 */
import { noteReused } from "./memory.ts";

export interface GrowingBytes {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

const SMALLEST_CAPACITY = 256;

/**
 * A large buffer that the last owner gave back. A fresh large buffer costs more than parsing what is put into it, since its
 * pages come from the system one by one, and messages of a connection tend to be alike. One per thread, up to 1 MiB.
 */
let spare: Uint8Array<ArrayBuffer> | null = null;
const SPARE_FROM = 16_384;
const SPARE_UP_TO = 1_048_576;

/**
 * @param expected how many bytes are announced in all; believed only as far as twice what is there.
 */
export function createGrowingBytes(arrived: number, expected: number): GrowingBytes {
  const capacity = Math.min(expected, Math.max(SMALLEST_CAPACITY, arrived * 2));
  return { bytes: takeBuffer(Math.min(arrived, expected), capacity), length: 0 };
}

export function appendBytes(
  growing: GrowingBytes,
  source: Uint8Array,
  start: number,
  end: number,
  expected: number,
): void {
  const length = growing.length + (end - start);
  if (length > growing.bytes.length) {
    const doubled = Math.max(SMALLEST_CAPACITY, length * 2);
    const larger = takeBuffer(length, Math.max(length, Math.min(doubled, expected)));
    larger.set(growing.bytes.subarray(0, growing.length));
    releaseBytes(growing);
    growing.bytes = larger;
  }
  growing.bytes.set(source.subarray(start, end), growing.length);
  growing.length = length;
}

/** Gives the buffer back; whoever still looks at it must have copied what he needs. */
export function releaseBytes(growing: GrowingBytes): void {
  const capacity = growing.bytes.length;
  if (capacity >= SPARE_FROM && capacity <= SPARE_UP_TO) {
    if (spare === null || spare.length <= capacity) spare = growing.bytes;
  }
}

/** Room for `needed` bytes: the spare, if that is not more than twice as much, or a fresh buffer of `capacity`. */
function takeBuffer(needed: number, capacity: number): Uint8Array<ArrayBuffer> {
  if (spare !== null && spare.length >= needed && spare.length <= needed * 2) {
    const taken = spare;
    spare = null;
    return taken;
  }
  const fresh = new Uint8Array(capacity);
  noteReused(fresh);
  return fresh;
}
