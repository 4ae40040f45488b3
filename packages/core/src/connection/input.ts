/**
 * Unread input. A chunk belongs to the caller, so the engine neither writes to the chunk nor keeps it. The engine copies at
 * most 64 KiB of the chunk at a time into a memory of the thread, and parses and unmasks the copy. Bytes that are still
 * unread when the turn ends move into memory of the connection: a begun header into `carry`, more bytes into a memory in
 * which they are parsed later.
 */
import { releaseBytes } from "../bytes/growing-bytes.ts";
import {
  createMemory,
  MEMORY_INPUT_BYTES,
  MEMORY_MARGIN,
  type Memory,
  releaseMemory,
  takeInputMemory,
} from "../bytes/memory.ts";
import { headerBytes, LENGTH_16, LENGTH_64, LENGTH_BITS } from "../frame/frame-header.ts";
import { AT_HEADER, type Connection } from "./connection.ts";
import { enterQuickPath, leaveQuickPath } from "./quick-path.ts";
import { Step } from "./step.ts";

/** Takes `chunk` as what follows the unread input; borrows it until {@link settleInput} or {@link setInputAside}. */
export function offerChunk(connection: Connection, chunk: Uint8Array): void {
  if (connection.memory !== null) {
    // Either the host did not pull to Idle before this chunk, or the application has not decided about a request.
    setInputAside(connection);
    if (connection.memory !== null) {
      appendToBacklog(connection, chunk, 0, chunk.length);
      return;
    }
  }
  const memory = takeInputMemory(connection.settings.kernels);
  const size = Math.min(chunk.length, firstWindowBytes(connection, chunk));
  startWindow(connection, memory);
  memory.bytes.set(size === chunk.length ? chunk : chunk.subarray(0, size), MEMORY_MARGIN);
  connection.end = MEMORY_MARGIN + size;
  if (size < chunk.length) {
    connection.rest = chunk.subarray(size);
  }
}

/** A chunk of so many bytes is often a part of a large message. A frame of fewer bytes is read in the window. */
const LARGE_CHUNK = 16_384;
/** Enough for the header of a large message, and for the small messages before it. */
const FIRST_WINDOW_BYTES = 1_024;

/**
 * The number of bytes of a chunk that the engine copies into its window at first. The payload of a large message goes from
 * the chunk to where the message lies. Small messages need no second window, nor the views of a chunk in parts: these took 450
 * bytes of the heap for each chunk.
 */
function firstWindowBytes(connection: Connection, chunk: Uint8Array): number {
  const { frameLeft, message } = connection;
  const isGathered = frameLeft > 0 && message?.gathered;
  if (chunk.length < LARGE_CHUNK) return isGathered ? 0 : MEMORY_INPUT_BYTES;
  if (!beginsLargeFrame(connection, chunk)) return MEMORY_INPUT_BYTES;
  return isGathered ? 0 : FIRST_WINDOW_BYTES;
}

/** Whether a large frame has begun, or begins in the first bytes of the chunk. */
function beginsLargeFrame({ frameLeft, carry }: Connection, chunk: Uint8Array): boolean {
  let at = frameLeft === AT_HEADER ? -(carry === null ? 0 : carry.length) : frameLeft;
  while (at < FIRST_WINDOW_BYTES) {
    const secondByte = byteAt(carry, chunk, at + 1);
    let length = secondByte & LENGTH_BITS;
    if (length === LENGTH_64) return true;
    if (length === LENGTH_16) {
      length = (byteAt(carry, chunk, at + 2) << 8) | byteAt(carry, chunk, at + 3);
    }
    if (length >= LARGE_CHUNK) return true;
    at += headerBytes(secondByte) + length;
  }
  return frameLeft >= FIRST_WINDOW_BYTES;
}

/** The byte at `index` of the chunk, or before it in the carried bytes. */
function byteAt(carry: Uint8Array | null, chunk: Uint8Array, index: number): number {
  return index < 0 ? carry![carry!.length + index]! : chunk[index]!;
}

/** Takes the first `byteCount` bytes of the inbox as what follows the unread input. */
export function offerInbox(connection: Connection, inbox: Memory, byteCount: number): void {
  if (connection.memory !== null) {
    setInputAside(connection);
    if (connection.memory !== null) {
      appendToBacklog(connection, inbox.bytes, MEMORY_MARGIN, MEMORY_MARGIN + byteCount);
      releaseMemory(inbox);
      return;
    }
  }
  startWindow(connection, inbox);
  connection.end = MEMORY_MARGIN + byteCount;
}

/** Starts a new window. The carried bytes stand at the end of its margin, so that the header is contiguous. */
function startWindow(connection: Connection, memory: Memory): void {
  let position = MEMORY_MARGIN;
  const { carry } = connection;
  if (carry !== null) {
    position -= carry.length;
    memory.bytes.set(carry, position);
    connection.carry = null;
  }
  connection.origin += connection.position - position;
  connection.memory = memory;
  connection.position = position;
  connection.end = position;
}

/**
 * More of the borrowed chunk, behind the bytes that are unread: a begun header, or a begun small frame.
 * @returns false when there is no more input in this turn.
 */
export function refillInput(connection: Connection): boolean {
  const { rest, memory } = connection;
  if (rest === null || memory === null) return false;
  const left = connection.end - connection.position;
  const position = Math.max(0, MEMORY_MARGIN - left);
  memory.bytes.copyWithin(position, connection.position, connection.end);
  const at = position + left;
  const size = Math.min(rest.length, memory.bytes.length - at);
  memory.bytes.set(size === rest.length ? rest : rest.subarray(0, size), at);
  connection.origin += connection.position - position;
  connection.position = position;
  connection.end = at + size;
  connection.rest = size === rest.length ? null : rest.subarray(size);
  return true;
}

/** Whether there is a byte to read at the window's position; takes more of the borrowed chunk for it if need be. */
export function hasInput(connection: Connection): boolean {
  return connection.position !== connection.end || refillInput(connection);
}

/** Takes the rest of a small frame into the window, so that its message needs no memory of its own. */
export function completeSmallFrame(connection: Connection): void {
  const { rest, frameLeft } = connection;
  if (rest === null || frameLeft >= LARGE_CHUNK) return;
  if (frameLeft > connection.end - connection.position) refillInput(connection);
}

/** `byteCount` bytes were read: of the window, or of the borrowed chunk behind an empty window. */
export function skipInput(connection: Connection, byteCount: number, isOfRest: boolean): void {
  if (!isOfRest) {
    connection.position += byteCount;
    return;
  }
  const rest = connection.rest!;
  connection.rest = byteCount === rest.length ? null : rest.subarray(byteCount);
  connection.origin += byteCount;
}

/** The bytes of the window before `position` have been read. */
export function readTo(connection: Connection, position: number): void {
  connection.position = position;
}

/**
 * Ends the loan of the chunk when at most a begun frame header is unread. The header waits in `carry` for the next chunk,
 * and the connection holds no other memory.
 */
export function settleInput(connection: Connection): void {
  const { memory } = connection;
  if (memory === null) return;
  if (connection.end > connection.position) {
    connection.carry = memory.bytes.slice(connection.position, connection.end);
  }
  connection.memory = null;
  connection.end = connection.position;
  if (connection.eventBytes === null) {
    // The cursor stands on no bytes of the old window, and must not point into the next window.
    connection.eventStart = 0;
    connection.eventEnd = 0;
  }
  releaseMemory(memory);
}

/** Ends the loan of the chunk when more bytes may be unread. All unread bytes move into memory of the connection. */
export function setInputAside(connection: Connection): void {
  const { memory, rest } = connection;
  if (memory === null) return;
  keepEvent(connection);
  const left = connection.end - connection.position;
  const more = rest === null ? 0 : rest.length;
  if (left + more === 0) {
    settleInput(connection);
    return;
  }
  if (memory.belongsTo === "connection") return;
  const own = createMemory(left + more);
  own.bytes.set(memory.bytes.subarray(connection.position, connection.end), 0);
  if (rest !== null) own.bytes.set(rest, left);
  connection.origin += connection.position;
  connection.memory = own;
  connection.position = 0;
  connection.end = left + more;
  connection.rest = null;
  releaseMemory(memory);
}

/** The host needs the bytes no more that the cursor stands on, and the engine keeps them no longer. */
export function leaveEvent(connection: Connection): void {
  // The host has not seen a step that is held back, so the bytes of this step must stay.
  if (connection.watch !== null && connection.watch.held !== Step.Idle) return;
  connection.eventStart = 0;
  connection.eventEnd = 0;
  if (connection.eventBytes === null) return;
  connection.eventBytes = null;
  if (connection.delivered !== null) {
    releaseBytes(connection.delivered);
    connection.delivered = null;
  }
  enterQuickPath(connection);
}

/**
 * Copies the bytes that the cursor stands on. They are facts until the cursor moves on, and their window goes back earlier.
 */
export function keepEvent(connection: Connection): void {
  const { memory, eventStart, eventEnd } = connection;
  if (memory === null || connection.eventBytes !== null || eventStart === eventEnd) return;
  connection.eventBytes = memory.bytes.slice(eventStart, eventEnd);
  connection.eventStart = 0;
  connection.eventEnd = eventEnd - eventStart;
  leaveQuickPath(connection);
}

function appendToBacklog(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const backlog = connection.memory!;
  const left = connection.end - connection.position;
  const size = end - start;
  let memory = backlog;
  if (connection.end + size > backlog.bytes.length) {
    memory = createMemory(backlogCapacity(left + size));
    memory.bytes.set(backlog.bytes.subarray(connection.position, connection.end), 0);
    connection.origin += connection.position;
    connection.memory = memory;
    connection.position = 0;
    connection.end = left;
  }
  memory.bytes.set(bytes.subarray(start, end), connection.end);
  connection.end += size;
}

/** Twice the bytes that are there. The work stays linear when a peer dribbles and the host does not pull. */
function backlogCapacity(byteCount: number): number {
  return Math.max(256, byteCount * 2);
}

/** Forgets all unread input. */
export function discardInput(connection: Connection): void {
  if (connection.carry !== null) {
    connection.origin += connection.carry.length;
    connection.carry = null;
  }
  if (connection.rest !== null) {
    connection.origin += connection.rest.length;
    connection.rest = null;
  }
  connection.position = connection.end;
  settleInput(connection);
}

/** The byte at `index` of the window, counted from the start of the stream. */
export function streamOffset(connection: Connection, index: number): number {
  return connection.origin + index;
}
