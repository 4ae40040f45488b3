/** Reads the header of the next frame. The engine judges each rule as soon as the bytes for this rule are there. */
import {
  byteAtFault,
  FIN,
  headerBytes,
  judgeFirstBytes,
  lengthViolation,
  MASK,
  OPCODE_BITS,
  readPayloadLength,
} from "../frame/frame-header.ts";
import { isControl, Opcode } from "../frame/opcode.ts";
import { createMessageAssembly, judgeSequence } from "../message/message-assembly.ts";
import { fail } from "./closing.ts";
import { type Connection, watching } from "./connection.ts";
import { streamOffset } from "./input.ts";
import { leaveQuickPath } from "./quick-path.ts";
import type { WireViolation } from "./violation.ts";

export const HeaderRead = { Incomplete: 0, Taken: 1, Violation: 2 } as const;
export type HeaderRead = (typeof HeaderRead)[keyof typeof HeaderRead];

/** Takes the header at the window's position, if the header is complete and breaks no rule. */
export function readHeader(connection: Connection): HeaderRead {
  const at = connection.position;
  const available = connection.end - at;
  if (available < 2) return HeaderRead.Incomplete;
  const bytes = connection.memory!.bytes;
  const firstByte = bytes[at]!;
  const secondByte = bytes[at + 1]!;
  const opcode = firstByte & OPCODE_BITS;

  const fault = judgeFirstBytes(
    firstByte,
    secondByte,
    connection.role.peerMaskBit,
    claimedBits(connection, opcode),
  );
  if (fault !== null) return refuse(connection, fault, byteAtFault(fault));
  const isData = !isControl(opcode);
  if (isData) {
    const outOfSequence = judgeSequence(
      opcode,
      connection.message,
      connection.settings.limits.fragments,
    );
    if (outOfSequence !== null) return refuse(connection, outOfSequence, 0);
  }

  const size = headerBytes(secondByte);
  const keyBytes = secondByte >= MASK ? 4 : 0;
  if (available < size - keyBytes) return HeaderRead.Incomplete;
  const length = readPayloadLength(bytes, at);
  const lengthAt = size - keyBytes > 2 ? 2 : 1;
  if (length < 0) return refuse(connection, lengthViolation(length), lengthAt);
  if (isData) {
    const tooLarge = judgeLength(connection, firstByte, length);
    if (tooLarge !== null) return refuse(connection, tooLarge, lengthAt);
  }
  if (available < size) return HeaderRead.Incomplete;

  connection.firstByte = firstByte;
  connection.frameLeft = length;
  connection.maskingKey =
    keyBytes === 0 ? 0 : connection.memory!.view.getInt32(at + size - 4, true);
  if (connection.watch !== null) {
    const offset = streamOffset(connection, at);
    const { watch, maskingKey } = connection;
    watching(connection).incomingHeader(
      watch,
      firstByte,
      keyBytes !== 0,
      maskingKey,
      length,
      offset,
    );
  }
  connection.position = at + size;
  leaveQuickPath(connection);
  if (isData) beginFrame(connection, opcode, at);
  return HeaderRead.Taken;
}

/** §5.2, §9: an extension gives its bits a meaning on the first frame of a message, and on no other (RFC 7692 §6.1). */
function claimedBits(connection: Connection, opcode: number): number {
  if (connection.session === null) return 0;
  return opcode === Opcode.Text || opcode === Opcode.Binary ? connection.session.rsv : 0;
}

/**
 * §10.4: the limits of a frame and of a message. A message that an extension transforms is counted after the extension, so
 * only the limit of a frame counts here.
 */
function judgeLength(
  connection: Connection,
  firstByte: number,
  length: number,
): WireViolation | null {
  const { limits } = connection.settings;
  if (length > limits.frame) return "frame-too-large";
  const { message, session } = connection;
  const isExtended =
    message === null ? session !== null && (firstByte & session.rsv) !== 0 : message.isExtended;
  const before = message === null ? 0 : message.length;
  return !isExtended && before + length > limits.message ? "message-too-large" : null;
}

function beginFrame(connection: Connection, opcode: number, headerAt: number): void {
  const { message, session, firstByte } = connection;
  if (message !== null) {
    message.fragments += 1;
    return;
  }
  const isExtended = session !== null && (firstByte & session.rsv) !== 0;
  connection.message = createMessageAssembly(
    opcode,
    isExtended,
    streamOffset(connection, headerAt),
  );
  if (isExtended) session.decodeStart(opcode);
}

function refuse(connection: Connection, kind: WireViolation, byte: number): HeaderRead {
  const at = connection.position;
  const { watch, memory } = connection;
  if (watch !== null) {
    const secondByte = memory!.bytes[at + 1]!;
    watching(connection).refusedHeader(
      watch,
      memory!.bytes[at]!,
      secondByte >= MASK,
      Math.max(0, declaredLength(connection)),
      streamOffset(connection, at),
    );
  }
  fail(connection, kind, streamOffset(connection, at + byte));
  return HeaderRead.Violation;
}

/** The declared payload length, for the option `frames`; 0 while the length is not complete. */
function declaredLength(connection: Connection): number {
  const { bytes } = connection.memory!;
  const at = connection.position;
  const size = headerBytes(bytes[at + 1]! & ~MASK);
  return connection.end - at < size ? 0 : readPayloadLength(bytes, at);
}

/** Whether the frame under way is the last of its message (§5.2). */
export function isFinalFrame(connection: Connection): boolean {
  return (connection.firstByte & FIN) !== 0;
}
