/**
 * The memory in which the engine works: one buffer under three views. The views are made once, because a new view costs
 * more time than the parsing of a small frame.
 *
 * All endpoints of a thread share a few such memories. An endpoint takes one for the input or the output of a turn, and
 * gives it back at the end of the turn. So an idle connection holds no memory.
 */

import { describeValue } from "./describe-value.ts";
import { MisuseError } from "./misuse-error.ts";

export interface Memory {
  /** The memory as bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory as a DataView. */
  readonly view: DataView<ArrayBuffer>;
  /** The same memory as 32-bit words. */
  readonly words: Int32Array<ArrayBuffer>;
  /** Views that {@link viewOf} has made and made known; null for a memory that is not shared. */
  readonly views: Uint8Array<ArrayBuffer>[] | null;
  /** The owner, to which {@link releaseMemory} gives the memory back. */
  readonly belongsTo: MemoryOwner;
  /** Of a large memory: the number of readers that are left. See `large-memory`. */
  holders: number;
}

/**
 * The owner of a memory: the thread's pool for output, its pool for input windows, its one inbox, one connection, or those
 * who hold a large memory (see `large-memory`).
 */
export type MemoryOwner = "pool" | "windows" | "inbox" | "connection" | "holders";

/** The room before the input, for a begun frame header of the last chunk. A header has at most 14 bytes. */
export const MEMORY_MARGIN = 16;
/** The most bytes of a chunk that the engine copies at a time. One read of a Node stream brings as many at most. */
export const MEMORY_INPUT_BYTES = 65_536;
/**
 * The size of a shared memory. A message of 64 KiB fits with its frame header: 64 KiB is a common size of large messages.
 */
export const SHARED_BYTES: number = MEMORY_MARGIN + MEMORY_INPUT_BYTES;

/**
 * The free memories of one kind that wait for the next turn. The engine needs more only when turns nest, when transports keep
 * output, or when the answers of many connections wait for each other.
 */
const KEPT_FREE = 8;

/**
 * The most free memories for output, 8 MiB. Deno tells of the input of many connections at once. Where their applications
 * answer by promises, each connection has begun its output before the first one writes. An echo by an async function on 100
 * connections took 6.2 µs with 8 memories, most of it for new memories and for the garbage collector, and takes 2.8 µs with 128
 * (Deno 2.9.6). Node and Bun need no more than 8. {@link trimFreeMemories} lets go of what was needed once.
 */
const MOST_FREE_FOR_OUTPUT = 128;

/**
 * Free memories of one kind, as a stack with a fixed room. V8 takes the room of an array away that has become empty, and the next
 * push takes 150 bytes of the heap: that was twice in each turn.
 */
interface FreeMemories {
  readonly places: (Memory | null)[];
  count: number;
  /** The fewest free memories since the last {@link trimFreeMemories}: so many were not needed meanwhile. */
  idle: number;
}

function createFreeMemories(most: number): FreeMemories {
  return { places: new Array(most).fill(null), count: 0, idle: 0 };
}

function takeFree(free: FreeMemories): Memory | null {
  if (free.count === 0) return null;
  free.count -= 1;
  if (free.count < free.idle) free.idle = free.count;
  return free.places[free.count]!;
}

function keepFree(free: FreeMemories, memory: Memory): void {
  if (free.count === free.places.length) return;
  free.places[free.count] = memory;
  free.count += 1;
}

const pool: FreeMemories = createFreeMemories(MOST_FREE_FOR_OUTPUT);
const windows: FreeMemories = createFreeMemories(KEPT_FREE);

/**
 * Lets go of the memories for output that were free ever since the last call, except for {@link KEPT_FREE}.
 * @returns the number of bytes of the free memories that the next call may let go of.
 */
export function trimFreeMemories(): number {
  const unneeded = Math.min(pool.idle, pool.count - KEPT_FREE);
  if (unneeded > 0) pool.count -= unneeded;
  pool.places.fill(null, pool.count);
  pool.idle = pool.count;
  return Math.max(0, pool.count - KEPT_FREE) * SHARED_BYTES;
}

/** The memory over each buffer that some endpoint of this thread writes again for another message. */
const memories: WeakMap<ArrayBufferLike, Memory> = new WeakMap();

/**
 * The memory of an endpoint in which `bytes` lie; undefined for bytes of the caller's own. The bytes of an endpoint are
 * valid for one turn at most.
 */
export function memoryUnder(bytes: Uint8Array): Memory | undefined {
  return memories.get(bytes.buffer);
}

/** @param bytes begin at the beginning of their buffer, whose length is a multiple of 4. */
function memoryOver(bytes: Uint8Array<ArrayBuffer>, belongsTo: MemoryOwner): Memory {
  const { buffer } = bytes;
  const memory: Memory = {
    bytes,
    view: new DataView(buffer),
    words: new Int32Array(buffer),
    views:
      belongsTo === "connection" || belongsTo === "holders"
        ? null
        : new Array(KEPT_VIEWS).fill(new Uint8Array(buffer)),
    belongsTo,
    holders: 0,
  };
  memories.set(buffer, memory);
  return memory;
}

export function makeMemory(byteCount: number, belongsTo: MemoryOwner): Memory {
  return memoryOver(new Uint8Array((byteCount + 3) & ~3), belongsTo);
}

/** Number of views that a shared memory keeps; a power of two. */
const KEPT_VIEWS = 64;

/**
 * The bytes `[start, end)` of a memory as a view, which is valid as long as the bytes are. A shared memory keeps its last
 * views, because a new view costs 40 to 80 ns and work of the garbage collector, and a kept view 3 ns. Most messages of an
 * application have one of a few lengths, so that views come again.
 */
export function viewOf(memory: Memory, start: number, end: number): Uint8Array<ArrayBuffer> {
  const { views } = memory;
  if (views === null) return memory.bytes.subarray(start, end);
  const place = placeOf(start, end);
  const known = views[place]!;
  if (known.byteOffset === start && known.length === end - start) return known;
  const view = new Uint8Array(memory.bytes.buffer, start, end - start);
  views[place] = view;
  return view;
}

/** Frames of one length behind each other get places far apart. */
function placeOf(start: number, end: number): number {
  return (Math.imul(start, 0x9e3779b1) ^ Math.imul(end, 0x85ebca6b)) >>> 26;
}

/** A memory of at least `byteCount` bytes that belongs to one connection. */
export function createMemory(byteCount: number): Memory {
  return makeMemory(byteCount, "connection");
}

/** A memory for output. */
export function takeMemory(): Memory {
  return takeFree(pool) ?? makeMemory(SHARED_BYTES, "pool");
}

/** @returns an array at the beginning of a buffer of its own. See `Kernels.inputMemory`. */
export function inputMemory(byteCount: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((byteCount + 3) & ~3);
}

/** The part of the kernels that provides the memories for input. */
interface InputMemories {
  inputMemory(byteCount: number): Uint8Array<ArrayBuffer>;
}

/** A memory for input. The kernels of the thread's first endpoints provide it, and work fastest there. */
export function takeInputMemory(kernels: InputMemories): Memory {
  return takeFree(windows) ?? makeInputMemory(kernels, SHARED_BYTES, "windows");
}

function makeInputMemory(
  kernels: InputMemories,
  byteCount: number,
  belongsTo: MemoryOwner,
): Memory {
  const bytes = kernels.inputMemory(byteCount);
  if (bytes.length < byteCount || bytes.byteOffset !== 0 || (bytes.buffer.byteLength & 3) !== 0) {
    throw new MisuseError(
      `kernels.inputMemory(${byteCount}) gave ${bytes.length} bytes at ${bytes.byteOffset} of ${bytes.buffer.byteLength}: ` +
        "give an array of at least as many bytes, at 0 of a buffer whose length is a multiple of 4",
    );
  }
  return memoryOver(bytes, belongsTo);
}

/** Gives a memory back to the pool or to the inbox. The garbage collector frees the memory of a connection. */
export function releaseMemory(memory: Memory): void {
  if (memory.belongsTo === "pool") {
    keepFree(pool, memory);
  } else if (memory.belongsTo === "windows") {
    keepFree(windows, memory);
  } else if (memory.belongsTo === "inbox") {
    isInboxTaken = false;
  }
}

/**
 * The inbox: the memory into which hosts read a socket directly, before the endpoint of the bytes is known. The inbox never
 * holds output, because a transport may keep output while the next read writes into the inbox.
 */
let inbox: Memory | null = null;
let inboxRoom: Uint8Array<ArrayBuffer> | null = null;
let isInboxTaken = false;

/**
 * The size of the inbox. One read brings a message of 64 KiB with its header. With 65,536 bytes the last 14 would need a read
 * of their own.
 */
export const INBOX_BYTES = 65_600;

/** The array into which hosts may write up to {@link INBOX_BYTES} bytes; always the same array. */
export function inboxBytes(kernels: InputMemories): Uint8Array<ArrayBuffer> {
  if (inbox === null || inboxRoom === null) {
    inbox = makeInputMemory(kernels, MEMORY_MARGIN + INBOX_BYTES, "inbox");
    inboxRoom = inbox.bytes.subarray(MEMORY_MARGIN, MEMORY_MARGIN + INBOX_BYTES);
  }
  return inboxRoom;
}

/** Whether an endpoint still reads the inbox in its turn. No host may write into the inbox meanwhile. */
export function isInboxInUse(): boolean {
  return isInboxTaken;
}

/** Hands the inbox to the endpoint of its bytes. */
export function takeInbox(): Memory {
  if (isInboxTaken || inbox === null) throw new Error("bug: the inbox was taken twice");
  isInboxTaken = true;
  return inbox;
}

/** @throws MisuseError for more bytes than the inbox holds, and while an endpoint still reads the inbox. */
export function requireInboxRead(byteCount: number): void {
  if (!Number.isInteger(byteCount) || byteCount < 0 || byteCount > INBOX_BYTES) {
    throw new MisuseError(
      `received(${describeValue(byteCount)}): the inbox holds ${INBOX_BYTES} bytes`,
    );
  }
  if (byteCount > 0 && isInboxInUse()) {
    throw new MisuseError(
      "received while an endpoint stands on bytes of the inbox: pull it to Idle or call its setAside first",
    );
  }
}
