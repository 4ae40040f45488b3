/**
 * Reads the payload of the frame under way. The engine unmasks the payload in place, judges it, and delivers or gathers it.
 */
import {
  appendBytes,
  createGrowingBytes,
  Gathering,
  type GrowingBytes,
  settleBytes,
} from "../bytes/growing-bytes.ts";
import { LARGE_FROM } from "../bytes/large-memory.ts";
import { UTF8_ACCEPT } from "../bytes/utf8-validation.ts";
import { rotateKey } from "../bytes/xor.ts";
import { FIN, OPCODE_BITS } from "../frame/frame-header.ts";
import { isControl, Opcode } from "../frame/opcode.ts";
import {
  gather,
  judgeText,
  type MessageAssembly,
  roomInMessage,
} from "../message/message-assembly.ts";
import type { MessageViolation } from "../message/message-violation.ts";
import { fail, receiveClose } from "./closing.ts";
import { AT_HEADER, type Connection, watching } from "./connection.ts";
import { answerPing, receivePong } from "./control.ts";
import { skipInput, streamOffset } from "./input.ts";
import { enterQuickPath } from "./quick-path.ts";
import { isFinalFrame } from "./receiving-header.ts";
import { Step } from "./step.ts";

/** Reads the part of the payload that is there. @returns {@link Step.Idle} when this part leads to no step yet. */
export function readPayload(connection: Connection): Step {
  if (isGathered(connection)) return gatherPayload(connection, connection.message!);
  const start = connection.position;
  const size = sizeAtOnce(connection, Math.min(connection.frameLeft, connection.end - start));
  const end = start + size;
  if (size > 0) {
    connection.position = end;
    connection.frameLeft -= size;
    if (connection.role.peerMaskBit !== 0) {
      const { kernels } = connection.settings;
      kernels.xorWithKey(connection.memory!, start, end, connection.maskingKey);
      connection.maskingKey = rotateKey(connection.maskingKey, size);
    }
    if (connection.watch !== null) {
      watching(connection).incomingPayload(connection.watch, connection.memory!.bytes, start, end);
    }
  }
  const opcode = connection.firstByte & OPCODE_BITS;
  return isControl(opcode)
    ? takeControl(connection, opcode, start, end)
    : takeData(connection, connection.message!, start, end);
}

/**
 * The bytes of `available` that one step reads. An extension may inflate a piece to 1,032 times its size. A host that stops
 * pulling then gets no more than one step.
 *
 * No Infinity stands for "all of them": the smaller of Infinity and 10 is the double 10, and Bun's engine then keeps every
 * position behind it as a double, throws its compiled code away, and takes up to ten times as long for each frame.
 */
function sizeAtOnce({ message, settings }: Connection, available: number): number {
  const isInflatedPiece = settings.pieces && message?.isExtended === true;
  return isInflatedPiece && available > INFLATED_AT_ONCE ? INFLATED_AT_ONCE : available;
}

const INFLATED_AT_ONCE = 1_024;

// ---- a message that does not arrive in one piece

/** Whether the payload under way is that of a message that is gathered before it is delivered. */
export function isGathered(connection: Connection): boolean {
  const { message, frameLeft, firstByte, settings } = connection;
  if (message === null || settings.pieces || message.isExtended) return false;
  if (isControl(firstByte & OPCODE_BITS)) return false;
  if (message.gathered !== null || !isFinalFrame(connection)) return true;
  if (frameLeft > connection.end - connection.position) return true;
  return frameLeft >= LARGE_FROM && isHandedOver(connection, message);
}

/** Whether the host keeps the message, so that it may lie in an array of its own from the beginning. */
function isHandedOver({ settings, firstByte }: Connection, message: MessageAssembly): boolean {
  return settings.handOver && (firstByte & FIN) !== 0 && message.opcode === Opcode.Binary;
}

/**
 * Unmasks the payload straight to where the message lies: from the window, or from the borrowed chunk without a copy into
 * the window. One pass in place of three makes an echo of 1 MiB cost half of the time of the engine.
 */
function gatherPayload(connection: Connection, message: MessageAssembly): Step {
  const { memory, rest, position } = connection;
  const offset = streamOffset(connection, position);
  const isFromRest = position === connection.end && rest !== null;
  const source = isFromRest ? rest : memory!.bytes;
  const start = isFromRest ? 0 : position;
  const available = isFromRest ? rest.length : connection.end - position;
  const size = Math.min(connection.frameLeft, available);
  if (size > 0) {
    connection.frameLeft -= size;
    const isFinal = isFinalFrame(connection);
    const announced = isFinal ? connection.frameLeft : Number.POSITIVE_INFINITY;
    const gathering = isHandedOver(connection, message) ? Gathering.Own : Gathering.Kept;
    const gathered = roomInMessage(message, size, announced, gathering);
    const at = gathered.start + gathered.length;
    unmaskInto(connection, source, start, start + size, gathered.bytes, at);
    gathered.length += size;
    skipInput(connection, size, isFromRest);
    if (connection.watch !== null) {
      watching(connection).incomingPayload(connection.watch, gathered.bytes, at, at + size);
    }
    message.length += judgeGathered(connection, message, gathered, at, offset);
  }
  return deliver(connection, message, EMPTY, 0, 0);
}

function unmaskInto(
  connection: Connection,
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): void {
  const { role, settings, maskingKey } = connection;
  if (role.peerMaskBit === 0) {
    target.set(source.subarray(start, end), at);
    return;
  }
  settings.kernels.copyWithKey(source, start, end, maskingKey, target, at);
  connection.maskingKey = rotateKey(maskingKey, end - start);
}

/**
 * @param offset where in the stream the bytes from `at` on lay.
 * @returns the number of good bytes from `at` on.
 */
function judgeGathered(
  connection: Connection,
  message: MessageAssembly,
  gathered: GrowingBytes,
  at: number,
  offset: number,
): number {
  const end = gathered.start + gathered.length;
  if (message.opcode !== Opcode.Text) return end - at;
  const bad = judgeText(message, connection.settings.kernels, gathered.bytes, at, end);
  if (bad < 0) return end - at;
  defer(connection, "text-not-utf8", offset + bad - at);
  return bad - at;
}

/** The frame has been read to its end. */
function endFrame(connection: Connection): void {
  connection.frameLeft = AT_HEADER;
  if (connection.watch !== null) watching(connection).incomingEnd(connection.watch, true);
}

function standOn(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
  // null stands for the window, also after the window has moved to another memory. The quick path relies on null.
  connection.eventBytes = bytes === connection.memory?.bytes ? null : bytes;
  connection.eventStart = start;
  connection.eventEnd = end;
}

// ---- control frames (§5.5): whole, or gathered until they are; at most 125 bytes

function takeControl(connection: Connection, opcode: number, start: number, end: number): Step {
  const isWhole = connection.frameLeft === 0;
  const { bytes } = connection.memory!;
  if (isWhole && connection.control === null) {
    return handleControl(connection, opcode, bytes, start, end);
  }
  const size = end - start;
  connection.control ??= createGrowingBytes(0, size + connection.frameLeft);
  appendBytes(connection.control, bytes, start, end, size + connection.frameLeft);
  if (!isWhole) return Step.Idle;
  const { control } = connection;
  connection.control = null;
  return handleControl(connection, opcode, control.bytes, 0, control.length);
}

function handleControl(
  connection: Connection,
  opcode: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Step {
  endFrame(connection);
  if (opcode === Opcode.Close) {
    const violation = receiveClose(connection, bytes, start, end);
    if (violation === null) return Step.Closing;
    // The offset counts back from the window's position, because the payload may lie in a gathered buffer.
    fail(
      connection,
      violation.kind,
      streamOffset(connection, connection.position) - (end - violation.index),
    );
    return Step.Idle;
  }
  standOn(connection, bytes, start, end);
  enterQuickPath(connection);
  if (opcode === Opcode.Ping) {
    answerPing(connection, bytes, start, end);
    return Step.Ping;
  }
  receivePong(connection, bytes, start, end);
  return Step.Pong;
}

// ---- data frames (§5.6)

function takeData(
  connection: Connection,
  message: MessageAssembly,
  start: number,
  end: number,
): Step {
  if (message.isExtended) return takeExtended(connection, message, start, end);
  let goodEnd = end;
  if (message.opcode === Opcode.Text) {
    const bad = judgeText(
      message,
      connection.settings.kernels,
      connection.memory!.bytes,
      start,
      end,
    );
    if (bad >= 0) {
      goodEnd = bad;
      defer(connection, "text-not-utf8", streamOffset(connection, bad));
    }
  }
  message.length += goodEnd - start;
  return deliver(connection, message, connection.memory!.bytes, start, goodEnd);
}

/** Passes the payload through the extension session, and judges and gathers the result. */
function takeExtended(
  connection: Connection,
  message: MessageAssembly,
  start: number,
  end: number,
): Step {
  const session = connection.session!;
  const isLast = connection.frameLeft === 0 && isFinalFrame(connection);
  const limit = connection.settings.limits.message;
  const outcome = session.decode(
    connection.memory!.bytes.subarray(start, end),
    isLast,
    limit - message.length,
    (inflated) => gatherInflated(connection, message, inflated),
  );
  if (outcome === "corrupt") {
    // A codec may find the bad byte some bytes late, depending on how the input was cut. Only the start of the message is
    // certain.
    defer(connection, "extension-data-corrupt", message.startsAt);
  } else if (outcome === "limit" || message.length > limit) {
    defer(connection, "message-too-large", limit);
  }
  const { gathered } = message;
  if (!connection.settings.pieces || gathered === null) {
    return deliver(connection, message, EMPTY, 0, 0);
  }
  message.gathered = null;
  connection.delivered = gathered;
  const { bytes, start: from, length } = gathered;
  return deliver(connection, message, bytes, from, from + length);
}

const EMPTY: Uint8Array = new Uint8Array(0);

function gatherInflated(
  connection: Connection,
  message: MessageAssembly,
  inflated: Uint8Array,
): void {
  if (connection.deferred !== null) return;
  let goodEnd = inflated.length;
  if (message.opcode === Opcode.Text) {
    const bad = judgeText(message, connection.settings.kernels, inflated, 0, inflated.length);
    if (bad >= 0) {
      goodEnd = bad;
      defer(connection, "text-not-utf8", message.length + bad);
    }
  }
  message.length += goodEnd;
  gather(message, goodEnd === inflated.length ? inflated : inflated.subarray(0, goodEnd));
}

function defer(connection: Connection, kind: MessageViolation, offset: number): void {
  connection.deferred ??= { kind, offset };
}

/**
 * `bytes[start, end)` are the next good bytes of the message. A deferred violation takes effect now, or, with the option
 * `pieces`, behind these good bytes.
 */
function deliver(
  connection: Connection,
  message: MessageAssembly,
  bytes: Uint8Array,
  start: number,
  end: number,
): Step {
  const isFrameEnd = connection.frameLeft === 0;
  const isLast = isFrameEnd && isFinalFrame(connection);
  if (
    isLast &&
    connection.deferred === null &&
    message.opcode === Opcode.Text &&
    message.utf8State !== UTF8_ACCEPT
  ) {
    const offset = message.isExtended
      ? message.length
      : streamOffset(connection, connection.position);
    defer(connection, "text-truncated", offset);
  }
  const { deferred } = connection;
  if (isFrameEnd && deferred === null) endFrame(connection);
  const step = message.opcode === Opcode.Text ? Step.Text : Step.Binary;

  if (connection.settings.pieces) {
    const isDone = isLast && deferred === null;
    if (isDone) connection.message = null;
    if (end > start || isDone) {
      standOn(connection, bytes, start, end);
      return step;
    }
  } else if (deferred === null && isLast) {
    return deliverWhole(connection, message, step, bytes, start, end);
  }
  if (deferred !== null) {
    connection.deferred = null;
    if (connection.watch !== null) watching(connection).incomingEnd(connection.watch, false);
    fail(connection, deferred.kind, deferred.offset);
  }
  return Step.Idle;
}

function deliverWhole(
  connection: Connection,
  message: MessageAssembly,
  step: Step,
  bytes: Uint8Array,
  start: number,
  end: number,
): Step {
  connection.message = null;
  const { gathered } = message;
  if (gathered === null) {
    // The whole message lies in this one piece, and is delivered without a copy.
    standOn(connection, bytes, start, end);
  } else {
    settleBytes(gathered);
    connection.delivered = gathered;
    standOn(connection, gathered.bytes, gathered.start, gathered.start + gathered.length);
  }
  enterQuickPath(connection);
  return step;
}
