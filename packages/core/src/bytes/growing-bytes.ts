/**
 * Bytes that arrive in pieces of any size, gathered in one buffer that doubles.
 *
 * A list of pieces would cost one object for each piece: a peer that sends one-byte fragments could make a server hold a
 * hundred times the bytes that it sent (CVE-2026-48779). In one buffer a one-byte piece costs one byte. The buffer holds at
 * most twice the bytes that have arrived, however many bytes the peer announced.
 */
import { noteReused } from "./memory.ts";

export interface GrowingBytes {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

const SMALLEST_CAPACITY = 256;

/**
 * A large buffer that its last owner gave back. A new large buffer costs more time than the parsing of its contents,
 * because the system provides its pages one by one. The messages of a connection are often of similar size. The engine
 * keeps one such buffer for each thread, up to 1 MiB.
 */
let spare: Uint8Array<ArrayBuffer> | null = null;
const SPARE_FROM = 16_384;
const SPARE_UP_TO = 1_048_576;

/** @param expected the number of announced bytes. The buffer reserves at most twice the bytes that have arrived. */
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

/** Gives the buffer back. Every reader must have copied its bytes before. */
export function releaseBytes(growing: GrowingBytes): void {
  const capacity = growing.bytes.length;
  if (capacity >= SPARE_FROM && capacity <= SPARE_UP_TO) {
    if (spare === null || spare.length <= capacity) spare = growing.bytes;
  }
}

/** Room for `needed` bytes: the spare buffer, if it is at most twice as large, or a new buffer of `capacity`. */
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
