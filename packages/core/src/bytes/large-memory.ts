/**
 * Memory for messages above 64 KiB, kept and used again. Fresh memory is dear: the system provides its pages one by one, and
 * V8 collects all of its garbage after some dozen megabytes of new buffers. An echo of 1 MiB spent half of its time there.
 *
 * A large memory has holders: the connection that gathers a message in it, the receiver that looks at the message, and each
 * transmission that sends the message on without a copy. The last holder gives the memory back. A memory whose last holder
 * says nothing, because its connection was destroyed while the transport was reading, is never used again: the garbage
 * collector frees it.
 *
 * The free memories stand on shelves by size, powers of two. A thread keeps at most {@link KEPT_LARGE_BYTES} bytes.
 */
import { MEMORY_MARGIN, type Memory, makeMemory, trimFreeMemories } from "./memory.ts";

/** The most bytes of free large memories that a thread keeps: two of the largest messages, or 32 of 1 MiB. */
export const KEPT_LARGE_BYTES = 33_554_432;

/** Fewer bytes than this are no large memory: an array of their own costs little. */
export const LARGE_FROM = 65_536;
const SMALLEST_BITS = 16;
/** 16 MiB, the default of `limits.message`. A larger memory is not kept. */
const LARGEST_BITS = 24;
export const LARGEST_LARGE_BYTES: number = 2 ** LARGEST_BITS;

interface Shelf {
  readonly free: Memory[];
  /** The fewest free memories since the last {@link trimLargeMemory}: so many were not needed meanwhile. */
  idle: number;
}

const shelves: readonly Shelf[] = Array.from({ length: LARGEST_BITS - SMALLEST_BITS + 1 }, () => ({
  free: [],
  idle: 0,
}));
let kept = 0;

/** The capacity of a memory for `byteCount` bytes: the next power of two, so less than twice as many. */
function shelfOf(byteCount: number): number {
  const bits = 32 - Math.clz32(Math.max(byteCount, LARGE_FROM) - 1);
  return bits > LARGEST_BITS ? -1 : bits - SMALLEST_BITS;
}

/**
 * A memory with room for `byteCount` bytes from {@link MEMORY_MARGIN} on, and one holder. The margin has room for a frame
 * header, so that a header and a payload are one piece. The contents are those of an earlier message.
 */
export function takeLargeMemory(byteCount: number): Memory {
  const index = shelfOf(byteCount);
  const shelf = shelves[index];
  let memory = shelf?.free.pop();
  if (shelf === undefined || memory === undefined) {
    const capacity = shelf === undefined ? byteCount : LARGE_FROM << index;
    memory = makeMemory(MEMORY_MARGIN + capacity, "holders");
  } else {
    kept -= memory.bytes.length;
    if (shelf.free.length < shelf.idle) shelf.idle = shelf.free.length;
  }
  memory.holders = 1;
  return memory;
}

/** One more reader: the bytes must stay until this reader lets go as well. */
export function holdLargeMemory(memory: Memory): void {
  memory.holders += 1;
}

/** One reader has read what it needs. */
export function letGoOfLargeMemory(memory: Memory): void {
  memory.holders -= 1;
  if (memory.holders > 0) return;
  const { length } = memory.bytes;
  const shelf = shelves[shelfOf(length - MEMORY_MARGIN)];
  if (shelf === undefined || kept + length > KEPT_LARGE_BYTES) return;
  shelf.free.push(memory);
  kept += length;
}

/**
 * Gives back to the system the large memories that were free ever since the last call, and memories for output beyond the few that
 * a thread always keeps.
 * @returns the number of bytes that this thread still keeps free and that a later call may give back: at most
 * {@link KEPT_LARGE_BYTES}, and 8 MiB of memories for output. 0: no further call is needed until messages come.
 */
export function trimLargeMemory(): number {
  for (const shelf of shelves) {
    for (const memory of shelf.free.splice(0, shelf.idle)) kept -= memory.bytes.length;
    shelf.idle = shelf.free.length;
  }
  return kept + trimFreeMemories();
}

/** The number of bytes of the large memories that this thread keeps free. */
export function keptLargeBytes(): number {
  return kept;
}
