/**
 * Memory that the engine works in: one buffer under three views, made once, because making views costs more than
 * parsing a small frame.
 *
 * All endpoints of a thread share a few such memories. An endpoint takes one for what it is doing in this turn, input
 * or output, and gives it back at the end of the turn, so that an idle connection holds none.
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
  /** Who gets it back. */
  readonly belongsTo: MemoryOwner;
}

/** The pool of the thread, its one inbox, or one connection. */
export type MemoryOwner = "pool" | "inbox" | "connection";

/** Room before the input, for the begun frame header that the last chunk left: a header has at most 14 bytes. */
export const MEMORY_MARGIN = 16;
/** What one read of a socket brings at most on Node and Deno, so that a chunk is taken in one slice. */
export const MEMORY_INPUT_BYTES = 65_536;
/** What one of them holds: a message of 64 KiB with its frame header fits in, and large messages like to be so large. */
export const SHARED_BYTES: number = MEMORY_MARGIN + MEMORY_INPUT_BYTES;

/** Free memories kept for the next turn. More are only made when turns nest or transports hold on to output. */
const KEPT_FREE = 8;
const pool: Memory[] = [];

/** Buffers that some endpoint of this thread writes again, for another message. */
const reused: WeakSet<ArrayBufferLike> = new WeakSet();

export function noteReused(bytes: Uint8Array): void {
  reused.add(bytes.buffer);
}

/** Whether `bytes` lie in memory of an endpoint's: what is there now is there for no longer than its turn. */
export function isReused(bytes: Uint8Array): boolean {
  return reused.has(bytes.buffer);
}

function makeMemory(byteCount: number, belongsTo: MemoryOwner): Memory {
  const buffer = new ArrayBuffer((byteCount + 3) & ~3);
  reused.add(buffer);
  return {
    bytes: new Uint8Array(buffer),
    view: new DataView(buffer),
    words: new Int32Array(buffer),
    belongsTo,
  };
}

/** A memory of at least `byteCount` bytes that belongs to one connection. */
export function createMemory(byteCount: number): Memory {
  return makeMemory(byteCount, "connection");
}

export function takeMemory(): Memory {
  return pool.pop() ?? makeMemory(SHARED_BYTES, "pool");
}

/** Gives a memory back. Those that belong to one connection are left to the collector. */
export function releaseMemory(memory: Memory): void {
  if (memory.belongsTo === "pool") {
    if (pool.length < KEPT_FREE) pool.push(memory);
  } else if (memory.belongsTo === "inbox") {
    isInboxTaken = false;
  }
}

/**
 * The inbox: a memory that hosts read a socket straight into, before anyone knows for which endpoint. It is never used
 * for output, since a transport may hold on to output while the next read is already writing here.
 */
let inbox: Memory | null = null;
let inboxRoom: Uint8Array<ArrayBuffer> | null = null;
let isInboxTaken = false;

/** Where hosts may write up to {@link MEMORY_INPUT_BYTES} bytes; always the same array. */
export function inboxBytes(): Uint8Array<ArrayBuffer> {
  if (inbox === null || inboxRoom === null) {
    inbox = makeMemory(SHARED_BYTES, "inbox");
    inboxRoom = inbox.bytes.subarray(MEMORY_MARGIN, MEMORY_MARGIN + MEMORY_INPUT_BYTES);
  }
  return inboxRoom;
}

/** Whether an endpoint has not ended the turn in which it reads the inbox: nobody may write there meanwhile. */
export function isInboxInUse(): boolean {
  return isInboxTaken;
}

/** The inbox for the endpoint that the bytes in it are for. */
export function takeInbox(): Memory {
  if (isInboxTaken || inbox === null) throw new Error("bug: the inbox was taken twice");
  isInboxTaken = true;
  return inbox;
}

/** @throws MisuseError for more bytes than the inbox holds, and while an endpoint stands on what was read before. */
export function requireInboxRead(byteCount: number): void {
  if (!Number.isInteger(byteCount) || byteCount < 0 || byteCount > inboxBytes().length) {
    throw new MisuseError(
      `received(${describeValue(byteCount)}): the inbox holds ${inboxBytes().length} bytes`,
    );
  }
  if (byteCount > 0 && isInboxInUse()) {
    throw new MisuseError(
      "received while an endpoint stands on bytes of the inbox: pull it to Idle or call its setAside first",
    );
  }
}
