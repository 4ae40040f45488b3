/**
 * The frame header of RFC 6455 §5.2, in and out:
 *
 * ```
 *  0               1               2               3
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 * |I|S|S|S|  (4)  |A|     (7)     |         (16 or 64 bits)       |
 * |N|V|V|V|       |S|             |                               |
 * | |1|2|3|       |K|             |  then, if MASK: masking key   |
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * ```
 */
import type { FrameViolation } from "./frame-violation.ts";
import { isControl, isReserved } from "./opcode.ts";

/** Bits of the first byte. */
export const FIN = 0x80;
export const RSV_BITS = 0x70;
export const OPCODE_BITS = 0x0f;
/** Bits of the second byte. */
export const MASK = 0x80;
export const LENGTH_BITS = 0x7f;

/** The 7-bit length announces a 16-bit or a 64-bit one. */
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;

/** §5.5. */
export const MAX_CONTROL_PAYLOAD_BYTES = 125;
/** Two bytes, eight of length, four of masking key. */
export const MAX_HEADER_BYTES = 14;

/**
 * Judges the first two bytes as soon as both are there, before a length or a payload arrives. The engine must neither wait
 * nor keep memory for a frame that is wrong already.
 *
 * @param maskBit the MASK bit that the peer must send: {@link MASK} on a server, 0 on a client.
 * @param claimedBits the RSV bits to which an extension has given a meaning on this frame.
 */
export function judgeFirstBytes(
  firstByte: number,
  secondByte: number,
  maskBit: number,
  claimedBits: number,
): FrameViolation | null {
  const opcode = firstByte & OPCODE_BITS;
  // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
  if ((firstByte & RSV_BITS & ~claimedBits) !== 0) return "reserved-bit-set";
  // §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
  if (isReserved(opcode)) return "reserved-opcode";
  // §5.5: "MUST NOT be fragmented."
  if (isControl(opcode) && (firstByte & FIN) === 0) return "control-fragmented";
  // §5.1: both sides check the other's masking.
  if ((secondByte & MASK) !== maskBit) {
    return maskBit === MASK ? "mask-missing" : "mask-unexpected";
  }
  // §5.5: "MUST have a payload length of 125 bytes or less."
  if (isControl(opcode) && (secondByte & LENGTH_BITS) > MAX_CONTROL_PAYLOAD_BYTES) {
    return "control-too-long";
  }
  return null;
}

/** Which of the two bytes {@link judgeFirstBytes} found wrong: 0 or 1. */
export function byteAtFault(violation: FrameViolation): number {
  return violation === "mask-missing" ||
    violation === "mask-unexpected" ||
    violation === "control-too-long"
    ? 1
    : 0;
}

/** The size of the whole header, 2 to {@link MAX_HEADER_BYTES} bytes. The second byte decides it. */
export function headerBytes(secondByte: number): number {
  const lengthField = secondByte & LENGTH_BITS;
  const extended = lengthField === LENGTH_16 ? 2 : lengthField === LENGTH_64 ? 8 : 0;
  return 2 + extended + ((secondByte & MASK) === 0 ? 0 : 4);
}

/** The answers of {@link readPayloadLength} in place of a length; all are negative. */
export const LENGTH_NOT_MINIMAL = -1;
export const LENGTH_TOP_BIT_SET = -2;
export const LENGTH_UNSAFE = -3;

/**
 * The payload length of the header that begins at `at` and is complete up to its length.
 * @returns bytes, or one of the three negative answers above.
 */
export function readPayloadLength(bytes: Uint8Array, at: number): number {
  const lengthField = bytes[at + 1]! & LENGTH_BITS;
  if (lengthField < LENGTH_16) return lengthField;
  if (lengthField === LENGTH_16) {
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    // §5.2: "the minimal number of bytes MUST be used to encode the length"
    return length < LENGTH_16 ? LENGTH_NOT_MINIMAL : length;
  }
  // §5.2: "the most significant bit MUST be 0"
  if (bytes[at + 2]! >= 0x80) return LENGTH_TOP_BIT_SET;
  const high = readUint32(bytes, at + 2);
  if (high >= 0x20_0000) return LENGTH_UNSAFE;
  const length = high * 0x1_0000_0000 + readUint32(bytes, at + 6);
  return length < 0x1_0000 ? LENGTH_NOT_MINIMAL : length;
}

export function lengthViolation(answer: number): FrameViolation {
  if (answer === LENGTH_NOT_MINIMAL) return "length-not-minimal";
  return answer === LENGTH_TOP_BIT_SET ? "length-top-bit-set" : "length-unsafe";
}

/** The bytes of a header for a payload of `length`, masking key included if there is one. */
export function headerBytesFor(length: number, isMasked: boolean): number {
  return (length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10) + (isMasked ? 4 : 0);
}

/**
 * Writes FIN, RSV, opcode, MASK and the length in its minimal form; the masking key is the caller's.
 * @returns the index behind the length.
 */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  firstByte: number,
  maskBit: number,
  length: number,
): number {
  target[at] = firstByte;
  if (length < LENGTH_16) {
    target[at + 1] = maskBit | length;
    return at + 2;
  }
  if (length < 0x1_0000) {
    target[at + 1] = maskBit | LENGTH_16;
    target[at + 2] = length >>> 8;
    target[at + 3] = length & 0xff;
    return at + 4;
  }
  target[at + 1] = maskBit | LENGTH_64;
  writeUint32(target, at + 2, Math.floor(length / 0x1_0000_0000));
  writeUint32(target, at + 6, length >>> 0);
  return at + 10;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = (value >>> 16) & 0xff;
  target[at + 2] = (value >>> 8) & 0xff;
  target[at + 3] = value & 0xff;
}
