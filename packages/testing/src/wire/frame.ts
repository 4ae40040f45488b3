/** Frames written byte by byte (RFC 6455 §5.2), by code that shares nothing with the engine that reads them. */

export interface WireFrame {
  /** The last frame of its message (RFC 6455 §5.2). */
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  /** 4 bits. */
  readonly opcode: number;
  /** Before masking. */
  readonly payload: Uint8Array;
  /** Four bytes, or null for a frame that is not masked. */
  readonly key: Uint8Array | null;
}

/**
 * The bytes of a frame (RFC 6455 §5.2), with the shortest form of its length. Nothing is checked: faulty frames are wanted
 * too.
 */
export function encodeFrame({ fin, rsv, opcode, payload, key }: WireFrame): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  head.push(
    (key === null ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127),
  );
  for (let index = lengthBytes - 1; index >= 0; index -= 1) {
    head.push(Math.floor(length / 2 ** (8 * index)) % 256);
  }
  const bytes = new Uint8Array(head.length + (key === null ? 0 : 4) + length);
  bytes.set(head);
  if (key !== null) bytes.set(key, head.length);
  const start = bytes.length - length;
  for (let index = 0; index < length; index += 1) {
    bytes[start + index] = payload[index]! ^ (key === null ? 0 : key[index % 4]!);
  }
  return bytes;
}
