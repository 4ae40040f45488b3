/** Writes frames into the output (RFC 6455 §5.2): header, payload and mask. The callers decide the contents of a frame. */
import { holdLargeMemory, LARGE_FROM, takeLargeMemory } from "../bytes/large-memory.ts";
import { MEMORY_MARGIN, type Memory, memoryUnder, SHARED_BYTES } from "../bytes/memory.ts";
import {
  commitOutput,
  type OutputQueue,
  queueLarge,
  queueReference,
  reserveOutput,
} from "../bytes/output-queue.ts";
import {
  headerBytesFor,
  LENGTH_16,
  MASK,
  MAX_HEADER_BYTES,
  writeFrameHeader,
} from "../frame/frame-header.ts";
import { nextMaskingKey } from "../frame/masking-key.ts";
import { type Connection, watching } from "./connection.ts";

/** Up to this length a copy byte by byte is the cheapest. Above, a view and `set` are (`pnpm bench --only kernels`, Node 20). */
const COPY_BY_BYTE_UP_TO = 24;
/** Up to this length a copy by words is the cheapest for bytes that lie under a DataView already. */
const COPY_BY_WORD_UP_TO = 80;

/**
 * Queues one frame with the payload `bytes[start, end)`. The engine copies the payload, and masks the copy if the role
 * masks (§5.3). The caller's bytes are never modified.
 */
export function queueFrame(
  connection: Connection,
  firstByte: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { output, role } = connection;
  const length = end - start;
  if (length > MOST_SHARED) {
    queueLargeFrame(connection, firstByte, bytes, start, end);
    return;
  }
  const memory = reserveOutput(output, length + MAX_HEADER_BYTES);
  beginBehindMargin(output, headerBytesFor(length, role.masks));
  let at = writeFrameHeader(memory.bytes, output.to, firstByte, role.masks ? MASK : 0, length);
  if (role.masks) at += 4;
  copyPayload(connection.memory, bytes, start, end, memory, at);
  finishFrame(connection, firstByte, at, at + length);
}

/**
 * The fast path of sending: a short frame of a server. It lays the same bytes as {@link queueFrame}, without the calls for
 * keys, watches and long lengths: an echo of 16 bytes takes 55 ns in place of 74 ns (Node 20), 43 in place of 61 (Deno), 38 in
 * place of 53 (Bun).
 * @returns false when the frame needs {@link queueFrame}.
 */
export function quickFrame(
  connection: Connection,
  firstByte: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  if (length >= LENGTH_16 || connection.role.masks || connection.watch !== null) return false;
  const { output } = connection;
  const memory = reserveOutput(output, length + QUICK_HEADER_BYTES);
  const at = output.to + QUICK_HEADER_BYTES;
  memory.view.setUint16(output.to, (firstByte << 8) | length);
  copyPayload(connection.memory, bytes, start, end, memory, at);
  commitOutput(output, length + QUICK_HEADER_BYTES);
  return true;
}

/** Opcode and length, one byte each. */
const QUICK_HEADER_BYTES = 2;

/** @param input the window of the connection, which lies under views already. */
function copyPayload(
  input: Memory | null,
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Memory,
  at: number,
): void {
  const length = end - start;
  if (length <= COPY_BY_WORD_UP_TO && input !== null && bytes === input.bytes) {
    copyWords(input.view, start, target.view, at, length);
  } else if (length === bytes.length) {
    // The payload is the whole array, so no view is needed: 15 ns for 64 bytes in place of 41 ns (Node 20).
    target.bytes.set(bytes, at);
  } else if (length <= COPY_BY_BYTE_UP_TO) {
    for (let index = 0; index < length; index += 1) {
      target.bytes[at + index] = bytes[start + index]!;
    }
  } else {
    target.bytes.set(bytes.subarray(start, end), at);
  }
}

/** The longest payload that fits into a shared memory behind the margin. */
const MOST_SHARED: number = SHARED_BYTES - MEMORY_MARGIN;

/**
 * The first payload of a memory begins at the margin, behind its header, as it does in a large memory. When a copy begins 1 to
 * 15 bytes further into its page of 4 KiB than its source does, the instruction that copies more than 2 KiB goes byte by byte
 * on many processors. Large arrays begin at a page, so a payload right behind a header of 4 bytes took that path: 64 KiB in
 * 19 µs in place of 1.3 µs (Bun and Node 20, AMD EPYC).
 */
function beginBehindMargin(output: OutputQueue, headerBytes: number): void {
  if (output.to > 0) return;
  output.from = MEMORY_MARGIN - headerBytes;
  output.to = output.from;
}

/** A frame in a large memory of its own, which is used again once the transport has taken the frame. */
function queueLargeFrame(
  connection: Connection,
  firstByte: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { role, settings, watch } = connection;
  const length = end - start;
  const memory = takeLargeMemory(length);
  const key = role.masks ? nextMaskingKey(settings.maskingKeys, settings.host.random) : 0;
  if (role.masks) {
    settings.kernels.copyWithKey(bytes, start, end, key, memory.bytes, MEMORY_MARGIN);
  } else {
    memory.bytes.set(length === bytes.length ? bytes : bytes.subarray(start, end), MEMORY_MARGIN);
  }
  const frameBytes = headLargeFrame(connection, firstByte, memory, length, key);
  if (watch === null) return;
  watching(connection).outgoing(
    watch,
    firstByte,
    role.masks,
    key,
    bytes.subarray(start, end),
    frameBytes,
  );
}

/** Queues the payload behind the margin of `memory`, and writes its header into the margin. @returns the frame's length. */
function headLargeFrame(
  connection: Connection,
  firstByte: number,
  memory: Memory,
  length: number,
  key: number,
): number {
  const { masks } = connection.role;
  const headerAt = MEMORY_MARGIN - headerBytesFor(length, masks);
  writeFrameHeader(memory.bytes, headerAt, firstByte, masks ? MASK : 0, length);
  if (masks) memory.view.setInt32(MEMORY_MARGIN - 4, key, true);
  queueLarge(connection.output, memory, headerAt, MEMORY_MARGIN + length);
  return MEMORY_MARGIN - headerAt + length;
}

/** Copies four bytes at a time. The input window lies under a DataView already. */
function copyWords(
  source: DataView,
  start: number,
  target: DataView,
  at: number,
  length: number,
): void {
  let index = 0;
  for (; index + 16 <= length; index += 16) {
    const from = start + index;
    const to = at + index;
    target.setInt32(to, source.getInt32(from, true), true);
    target.setInt32(to + 4, source.getInt32(from + 4, true), true);
    target.setInt32(to + 8, source.getInt32(from + 8, true), true);
    target.setInt32(to + 12, source.getInt32(from + 12, true), true);
  }
  for (; index + 4 <= length; index += 4) {
    target.setInt32(at + index, source.getInt32(start + index, true), true);
  }
  for (; index < length; index += 1) {
    target.setUint8(at + index, source.getUint8(start + index));
  }
}

/** Masks and commits the frame whose payload lies at `memory.bytes[payloadStart, payloadEnd)`. */
function finishFrame(
  connection: Connection,
  firstByte: number,
  payloadStart: number,
  payloadEnd: number,
): void {
  const { output, role, settings, watch } = connection;
  const memory = output.memory!;
  const frameBytes = payloadEnd - output.to;
  const key = role.masks ? nextMaskingKey(settings.maskingKeys, settings.host.random) : 0;
  if (watch !== null) {
    const payload = memory.bytes.subarray(payloadStart, payloadEnd);
    watching(connection).outgoing(watch, firstByte, role.masks, key, payload, frameBytes);
  }
  if (role.masks) {
    memory.view.setInt32(payloadStart - 4, key, true);
    settings.kernels.xorWithKey(memory, payloadStart, payloadEnd, key);
  }
  commitOutput(output, frameBytes);
}

/**
 * Queues a reference to a gathered message that is sent on, and, if the host has set `referenceFrom`, to the caller's own
 * bytes; otherwise a copy.
 */
export function queueApplicationData(
  connection: Connection,
  firstByte: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const length = end - start;
  const { role, settings } = connection;
  // §5.3: a client would have to mask the caller's bytes
  if (!role.masks && length >= Math.min(settings.referenceFrom, LARGE_FROM)) {
    const memory = memoryUnder(bytes); // of this endpoint's `chunk`, of another's, and of any view of them
    if (memory === undefined) {
      if (length >= settings.referenceFrom) {
        queueFrameByReference(connection, firstByte, bytes.subarray(start, end));
        return;
      }
    } else if (memory.holders > 0 && length * MOST_UNUSED >= memory.bytes.length) {
      queueHeldFrame(connection, firstByte, memory, bytes.byteOffset + start, length);
      return;
    }
  }
  queueFrame(connection, firstByte, bytes, start, end);
}

/** A reference must not hold a memory of more than so many times its length, for as long as a peer does not read. */
const MOST_UNUSED = 4;

/** Sends a gathered message on from where it lies: `memory.bytes` from `at` on. */
function queueHeldFrame(
  connection: Connection,
  firstByte: number,
  memory: Memory,
  at: number,
  length: number,
): void {
  const { watch, output } = connection;
  const isMarginFree = memory.holders === 1;
  holdLargeMemory(memory);
  let frameBytes: number;
  if (at === MEMORY_MARGIN && isMarginFree) {
    frameBytes = headLargeFrame(connection, firstByte, memory, length, 0);
  } else {
    const headerBytes = layHeader(connection, firstByte, length);
    queueLarge(output, memory, at, at + length);
    frameBytes = headerBytes + length;
  }
  if (watch === null) return;
  watching(connection).outgoing(
    watch,
    firstByte,
    false,
    0,
    memory.bytes.subarray(at, at + length),
    frameBytes,
  );
}

/** The header of an unmasked frame whose payload goes by reference. */
function layHeader(connection: Connection, firstByte: number, length: number): number {
  const { output } = connection;
  const memory = reserveOutput(output, MAX_HEADER_BYTES);
  const headerBytes = writeFrameHeader(memory.bytes, output.to, firstByte, 0, length) - output.to;
  commitOutput(output, headerBytes);
  return headerBytes;
}

function queueFrameByReference(
  connection: Connection,
  firstByte: number,
  payload: Uint8Array,
): void {
  const { output, watch } = connection;
  const headerBytes = layHeader(connection, firstByte, payload.length);
  if (watch !== null) {
    watching(connection).outgoing(
      watch,
      firstByte,
      false,
      0,
      payload,
      headerBytes + payload.length,
    );
  }
  queueReference(output, payload);
}

/** A text frame, encoded straight into the output; `room` is at least its length in bytes. */
export function layText(
  connection: Connection,
  firstByte: number,
  text: string,
  room: number,
): void {
  const { output, role, settings } = connection;
  if (room > MOST_SHARED) {
    layLargeText(connection, firstByte, text, room);
    return;
  }
  const memory = reserveOutput(output, room + MAX_HEADER_BYTES);
  beginBehindMargin(output, headerBytesFor(room, role.masks));
  // The guess is right for ASCII. Other text moves by the few bytes of a longer length field.
  const guessedStart = output.to + headerBytesFor(text.length, role.masks);
  const encodedEnd = settings.kernels.encodeUtf8Into(text, memory.bytes, guessedStart);
  const length = encodedEnd - guessedStart;
  const start = output.to + headerBytesFor(length, role.masks);
  if (start !== guessedStart) memory.bytes.copyWithin(start, guessedStart, encodedEnd);
  writeFrameHeader(memory.bytes, output.to, firstByte, role.masks ? MASK : 0, length);
  finishFrame(connection, firstByte, start, start + length);
}

/** @param length of the text in bytes. */
function layLargeText(
  connection: Connection,
  firstByte: number,
  text: string,
  length: number,
): void {
  const { role, settings, watch } = connection;
  const memory = takeLargeMemory(length);
  const end = settings.kernels.encodeUtf8Into(text, memory.bytes, MEMORY_MARGIN);
  const key = role.masks ? nextMaskingKey(settings.maskingKeys, settings.host.random) : 0;
  if (watch !== null) {
    const frameBytes = headerBytesFor(length, role.masks) + length;
    const payload = memory.bytes.subarray(MEMORY_MARGIN, end);
    watching(connection).outgoing(watch, firstByte, role.masks, key, payload, frameBytes);
  }
  if (role.masks) settings.kernels.xorWithKey(memory, MEMORY_MARGIN, end, key);
  headLargeFrame(connection, firstByte, memory, length, key);
}
