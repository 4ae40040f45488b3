/**
 * Bytes that arrive in pieces of any size, gathered in one buffer that doubles.
 *
 * A list of pieces would cost one object for each piece: a peer that sends one-byte fragments could make a server hold a
 * hundred times the bytes that it sent (CVE-2026-48779). In one buffer a one-byte piece costs one byte. The buffer holds at
 * most twice the bytes that have arrived, however many bytes the peer announced.
 *
 * One exception saves the copies of a growing buffer: a buffer may have room for {@link AHEAD_FACTOR} times the bytes that have
 * arrived, and the buffers of a thread for {@link AHEAD_BYTES} bytes together that were announced and have not arrived.
 */
import {
  LARGE_FROM,
  LARGEST_LARGE_BYTES,
  letGoOfLargeMemory,
  takeLargeMemory,
} from "./large-memory.ts";
import { MEMORY_MARGIN, type Memory } from "./memory.ts";

export interface GrowingBytes {
  bytes: Uint8Array<ArrayBuffer>;
  /** The index in `bytes` of the first gathered byte. */
  start: number;
  /** The number of gathered bytes. */
  length: number;
  /** The large memory over `bytes`; null for an array that nobody writes again. */
  memory: Memory | null;
  /** Bytes of room that this buffer has of {@link AHEAD_BYTES}. */
  ahead: number;
}

/** How bytes are gathered. */
export const Gathering = {
  /** In an array that doubles, whatever is expected, and that begins at index 0. */
  Doubling: 0,
  /** With room ahead, and large bytes in a large memory, which is used again. */
  Kept: 1,
  /** With room ahead, in an array of exactly the expected length. The host may take the array for its own. */
  Own: 2,
} as const;
export type Gathering = (typeof Gathering)[keyof typeof Gathering];

const SMALLEST_CAPACITY = 256;

/**
 * Of all growing buffers of a thread together: bytes of room for what was announced. 32 messages of 1 MiB need no growing
 * at the same time. A thousand peers that announce 16 MiB and send nothing cost no more than this.
 */
export const AHEAD_BYTES = 33_554_432;
/**
 * A buffer has room ahead only for so many times the bytes that have arrived: the header of a frame alone makes nobody take
 * memory. One read of 64 KiB is enough for the room of a message of 1 MiB.
 */
export const AHEAD_FACTOR = 32;
let ahead = 0;

/** A view of the gathered bytes, until more bytes come. */
export function gatheredBytes({ bytes, start, length }: GrowingBytes): Uint8Array<ArrayBuffer> {
  return bytes.subarray(start, start + length);
}

/** @param expected the number of announced bytes, or Infinity. */
export function createGrowingBytes(
  arrived: number,
  expected: number,
  gathering: Gathering = Gathering.Doubling,
): GrowingBytes {
  const growing: GrowingBytes = { bytes: NOTHING, start: 0, length: 0, memory: null, ahead: 0 };
  makeRoom(growing, arrived, expected, gathering);
  return growing;
}

const NOTHING = new Uint8Array(0);

/**
 * Room for `size` bytes more, at `growing.start + growing.length`. The caller writes the bytes, and adds their number to
 * `growing.length`.
 */
export function reserveBytes(
  growing: GrowingBytes,
  size: number,
  expected: number,
  gathering: Gathering,
): void {
  const length = growing.length + size;
  if (growing.start + length > growing.bytes.length) makeRoom(growing, length, expected, gathering);
}

export function appendBytes(
  growing: GrowingBytes,
  source: Uint8Array,
  start: number,
  end: number,
  expected: number,
): void {
  reserveBytes(growing, end - start, expected, Gathering.Doubling);
  growing.bytes.set(source.subarray(start, end), growing.start + growing.length);
  growing.length += end - start;
}

/** Moves what was gathered into a buffer with room for `needed` bytes, and for all expected bytes where that is allowed. */
function makeRoom(
  growing: GrowingBytes,
  needed: number,
  expected: number,
  gathering: Gathering,
): void {
  const { bytes, start, length, memory } = growing;
  const most = Math.max(needed, expected);
  let capacity = Math.min(most, Math.max(SMALLEST_CAPACITY, needed * 2));
  settleBytes(growing);
  const mayLookAhead = gathering !== Gathering.Doubling && most <= needed * AHEAD_FACTOR;
  if (most > capacity && mayLookAhead && ahead + most <= AHEAD_BYTES) {
    capacity = most;
    growing.ahead = most;
    ahead += most;
  }
  const isAnArray =
    capacity < LARGE_FROM ||
    gathering === Gathering.Doubling ||
    (gathering === Gathering.Own && capacity === expected);
  if (isAnArray) {
    growing.bytes = new Uint8Array(capacity);
    growing.start = 0;
    growing.memory = null;
  } else {
    // A large memory is a power of two, so that of what is needed is less than twice as large. Above the largest size that is
    // kept, a memory has the size that is asked for: without doubling, each piece of a message would move all pieces before.
    const isDoubled = needed > LARGEST_LARGE_BYTES;
    growing.memory = takeLargeMemory(capacity === most || isDoubled ? capacity : needed);
    growing.bytes = growing.memory.bytes;
    growing.start = MEMORY_MARGIN;
  }
  if (length > 0) growing.bytes.set(bytes.subarray(start, start + length), growing.start);
  if (memory !== null) letGoOfLargeMemory(memory);
}

/** Everything that was expected has arrived, or no more comes. */
export function settleBytes(growing: GrowingBytes): void {
  ahead -= growing.ahead;
  growing.ahead = 0;
}

/** Gives the buffer back. Every reader must have copied its bytes before, or must hold the memory. */
export function releaseBytes(growing: GrowingBytes): void {
  settleBytes(growing);
  if (growing.memory !== null) letGoOfLargeMemory(growing.memory);
  growing.memory = null;
}

/**
 * The gathered bytes as an array for its reader to keep; null where they lie in memory that is used again, or in an array
 * with room for more.
 */
export function ownArray(growing: GrowingBytes): Uint8Array<ArrayBuffer> | null {
  return growing.memory === null && growing.bytes.length === growing.length ? growing.bytes : null;
}
