/** Writes frames into the output (RFC 6455 §5.2): header, payload and mask. The callers decide the contents of a frame. */
import { isReused } from "../bytes/memory.ts";
import { commitOutput, queueReference, reserveOutput } from "../bytes/output-queue.ts";
import { encodeUtf8Into } from "../bytes/utf8-text.ts";
import { headerBytesFor, MASK, MAX_HEADER_BYTES, writeFrameHeader } from "../frame/frame-header.ts";
import { nextMaskingKey } from "../frame/masking-key.ts";
import type { Connection } from "./connection.ts";
import { watchOutgoing } from "./frame-watch.ts";

/** Up to this length a copy byte by byte is the cheapest. Above, a view and `set` are (`pnpm bench --only kernels`, Node 20). */
const COPY_BY_BYTE_UP_TO = 24;
/** Up to this length a copy by words is the cheapest for bytes that lie under a DataView already. */
const COPY_BY_WORD_UP_TO = 80;
/** From this length on the host's encoder is faster, although the call needs a view. */
const HOST_ENCODER_FROM = 64;

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
  const memory = reserveOutput(output, length + MAX_HEADER_BYTES);
  const frameStart = output.to;
  let at = writeFrameHeader(memory.bytes, frameStart, firstByte, role.masks ? MASK : 0, length);
  if (role.masks) at += 4;
  const input = connection.memory;
  if (length <= COPY_BY_WORD_UP_TO && input !== null && bytes === input.bytes) {
    copyWords(input.view, start, memory.view, at, length);
  } else if (length === bytes.length) {
    // The payload is the whole array, so no view is needed: 15 ns for 64 bytes in place of 41 ns (Node 20).
    memory.bytes.set(bytes, at);
  } else if (length <= COPY_BY_BYTE_UP_TO) {
    for (let index = 0; index < length; index += 1) {
      memory.bytes[at + index] = bytes[start + index]!;
    }
  } else {
    memory.bytes.set(bytes.subarray(start, end), at);
  }
  finishFrame(connection, firstByte, at, at + length);
}

/** Copies four bytes at a time. The input window lies under a DataView already. */
function copyWords(
  source: DataView,
  start: number,
  target: DataView,
  at: number,
  length: number,
): void {
  const words = length & ~3;
  let index = 0;
  for (; index < words; index += 4) {
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
    watchOutgoing(watch, firstByte, role.masks, key, payload, frameBytes);
  }
  if (role.masks) {
    memory.view.setInt32(payloadStart - 4, key, true);
    settings.kernels.xorWithKey(memory, payloadStart, payloadEnd, key);
  }
  commitOutput(output, frameBytes);
}

/** Queues a reference if the host has set `referenceFrom` and the bytes belong to the caller; otherwise a copy. */
export function queueApplicationData(
  connection: Connection,
  firstByte: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (
    end - start >= connection.settings.referenceFrom &&
    !connection.role.masks && // §5.3: a client would have to mask the caller's bytes
    !isReused(bytes) // this endpoint's `chunk`, another's, and any view of them
  ) {
    queueFrameByReference(connection, firstByte, bytes.subarray(start, end));
  } else {
    queueFrame(connection, firstByte, bytes, start, end);
  }
}

function queueFrameByReference(
  connection: Connection,
  firstByte: number,
  payload: Uint8Array,
): void {
  const { output, watch } = connection;
  const memory = reserveOutput(output, MAX_HEADER_BYTES);
  const at = writeFrameHeader(memory.bytes, output.to, firstByte, 0, payload.length);
  const headerSize = at - output.to;
  if (watch !== null) {
    watchOutgoing(watch, firstByte, false, 0, payload, headerSize + payload.length);
  }
  commitOutput(output, headerSize);
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
  const memory = reserveOutput(output, room + MAX_HEADER_BYTES);
  // The guess is right for ASCII. Other text moves by the few bytes of a longer length field.
  const guessedStart = output.to + headerBytesFor(text.length, role.masks);
  const encodedEnd = encodeText(settings.host, text, memory.bytes, guessedStart, room);
  const length = encodedEnd - guessedStart;
  const start = output.to + headerBytesFor(length, role.masks);
  if (start !== guessedStart) memory.bytes.copyWithin(start, guessedStart, encodedEnd);
  writeFrameHeader(memory.bytes, output.to, firstByte, role.masks ? MASK : 0, length);
  finishFrame(connection, firstByte, start, start + length);
}

function encodeText(
  host: Connection["settings"]["host"],
  text: string,
  target: Uint8Array,
  at: number,
  room: number,
): number {
  if (host.encodeUtf8Into === undefined || text.length < HOST_ENCODER_FROM) {
    return encodeUtf8Into(text, target, at);
  }
  return at + host.encodeUtf8Into(text, target.subarray(at, at + room));
}
