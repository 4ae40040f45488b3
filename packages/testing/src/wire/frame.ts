/** Frames written byte by byte (RFC 6455 §5.2), by code that shares nothing with the engine that reads them. */

/** A frame as values. */
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
  /** How many bytes the length takes behind the second byte. Default: as few as hold it (§5.2). */
  readonly lengthBytes?: 0 | 2 | 8;
  /** The length that the header declares. Default: that of the payload. */
  readonly declaredLength?: number;
}

/** The header of a frame. Nothing is checked: faulty headers are wanted too. */
export function encodeHeader({
  fin,
  rsv,
  opcode,
  payload,
  key,
  declaredLength: length = payload.length,
  lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8,
}: WireFrame): Uint8Array {
  const field = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode, (key === null ? 0 : 0x80) | field];
  for (let index = lengthBytes - 1; index >= 0; index -= 1) {
    head.push(Math.floor(length / 2 ** (8 * index)) % 256);
  }
  return Uint8Array.from([...head, ...(key ?? [])]);
}

/** The bytes of a frame (RFC 6455 §5.2). Nothing is checked: faulty frames are wanted too. */
export function encodeFrame(frame: WireFrame): Uint8Array {
  const { payload, key } = frame;
  const header = encodeHeader(frame);
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  for (let index = 0; index < payload.length; index += 1) {
    bytes[header.length + index] = payload[index]! ^ (key === null ? 0 : key[index % 4]!);
  }
  return bytes;
}
