/**
 * Frames read from any bytes, as RFC 6455 §5.2 lays them out. The reader judges nothing: a reserved opcode, a length in too
 * many bytes and a frame that breaks off are read like all others. The oracle and the hex dump stand on it.
 */
import { requireBytes } from "../given.ts";

/** A frame as it lies in a stream. Of a frame that breaks off, what did not arrive is null, and the payload is short. */
export interface ReadFrame {
  /** The offset of its first byte in the stream. */
  readonly start: number;
  /** The last frame of its message (RFC 6455 §5.2). */
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  /** 4 bits. */
  readonly opcode: number;
  /** The MASK bit; null if the second byte did not arrive. */
  readonly isMasked: boolean | null;
  /** How many bytes the length takes behind the second byte: 0, 2 or 8; null if the second byte did not arrive. */
  readonly lengthBytes: 0 | 2 | 8 | null;
  /** The length of the payload that the header declares, in bytes. From 2 ** 53 on the number is rounded. */
  readonly length: number | null;
  /** Four bytes; null if the frame is not masked, or if the key did not arrive whole. */
  readonly key: Uint8Array | null;
  /** The offset behind the header; null if the header breaks off. */
  readonly payloadStart: number | null;
  /** Unmasked: as much as arrived. A copy. */
  readonly payload: Uint8Array;
  /** The offset behind its last byte, or behind the last byte that arrived. */
  readonly end: number;
  /** Everything arrived. */
  readonly isWhole: boolean;
}

/** The frames in `bytes`, one behind the other. Only the last one can break off. Takes any bytes. */
export function readFrames(bytes: Uint8Array): ReadFrame[] {
  requireBytes("the stream", bytes);
  const frames: ReadFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = readFrame(bytes, at);
    frames.push(frame);
    at = frame.end;
  }
  return frames;
}

function readFrame(bytes: Uint8Array, start: number): ReadFrame {
  const first = bytes[start]!;
  const begun = { start, fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 };
  const missing = { payloadStart: null, payload: new Uint8Array(0), isWhole: false };
  const second = bytes[start + 1];
  if (second === undefined) {
    const unknown = { isMasked: null, lengthBytes: null, length: null, key: null };
    return { ...begun, ...unknown, ...missing, end: bytes.length };
  }
  const isMasked = second >= 0x80;
  const field = second & 0x7f;
  const lengthBytes = field < 126 ? 0 : field === 126 ? 2 : 8;
  const keyStart = start + 2 + lengthBytes;
  const payloadStart = keyStart + (isMasked ? 4 : 0);
  const length =
    lengthBytes === 0
      ? field
      : keyStart <= bytes.length
        ? bytes.subarray(start + 2, keyStart).reduce((sum, byte) => sum * 256 + byte, 0)
        : null;
  const sized = { ...begun, isMasked, lengthBytes, length } as const;
  if (length === null || payloadStart > bytes.length) {
    return { ...sized, ...missing, key: null, end: bytes.length };
  }
  const key = isMasked ? bytes.slice(keyStart, payloadStart) : null;
  const end = Math.min(payloadStart + length, bytes.length);
  const payload = Uint8Array.from(bytes.subarray(payloadStart, end));
  if (key !== null) {
    for (let index = 0; index < payload.length; index += 1) payload[index]! ^= key[index % 4]!;
  }
  return { ...sized, key, payloadStart, payload, end, isWhole: end === payloadStart + length };
}
