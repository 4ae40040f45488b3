/** Frames written by hand, byte by byte, so that the engine is not its own judge. */

export type Bytes = readonly number[] | Uint8Array;

export interface FrameShape {
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv?: number;
  readonly opcode: number;
  readonly payload?: Bytes | string;
  /** Four bytes; null: not masked. */
  readonly key?: readonly number[] | null;
  /** Bytes of the length field behind the second byte, in place of the minimal ones: 0, 2 or 8. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** A declared length that differs from the payload's. */
  readonly declared?: bigint;
}

export const KEY = [0x37, 0xfa, 0x21, 0x3d] as const;

export function bytesOf(payload: Bytes | string): Uint8Array {
  return typeof payload === "string" ? new TextEncoder().encode(payload) : Uint8Array.from(payload);
}

/** A frame as a client sends it. */
export function masked(
  opcode: number,
  payload: Bytes | string = [],
  shape: Partial<FrameShape> = {},
): Uint8Array {
  return frame({ opcode, payload, key: KEY, ...shape });
}

/** A frame as a server sends it. */
export function unmasked(
  opcode: number,
  payload: Bytes | string = [],
  shape: Partial<FrameShape> = {},
): Uint8Array {
  return frame({ opcode, payload, key: null, ...shape });
}

export function frame(shape: FrameShape): Uint8Array {
  const { fin = true, rsv = 0, opcode, payload = [], key = null, lengthBytes, declared } = shape;
  const data = bytesOf(payload);
  const length = declared ?? BigInt(data.length);
  const size = lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const mask = key === null ? 0 : 0x80;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  head.push(mask | (size === 0 ? Number(length) : size === 2 ? 126 : 127));
  for (let shift = size - 1; shift >= 0; shift -= 1)
    head.push(Number((length >> BigInt(shift * 8)) & 0xffn));
  if (key !== null) head.push(...key);
  const whole = new Uint8Array(head.length + data.length);
  whole.set(head);
  data.forEach((byte, index) => {
    whole[head.length + index] = key === null ? byte : byte ^ key[index % 4]!;
  });
  return whole;
}

export function concat(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Close body: a code and a reason. */
export function closeBody(code: number, reason: Bytes | string = ""): Uint8Array {
  return concat([code >> 8, code & 0xff], bytesOf(reason));
}

export interface ParsedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Uint8Array;
}

/** The frames in what an engine sent; throws where they do not end with the bytes. */
export function parseFrames(bytes: Uint8Array): ParsedFrame[] {
  const frames: ParsedFrame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    at += 2;
    let length = second & 0x7f;
    if (length >= 126) {
      const size = length === 126 ? 2 : 8;
      length = 0;
      for (const byte of bytes.subarray(at, at + size)) length = length * 256 + byte;
      at += size;
    }
    const isMasked = second >= 0x80;
    const key = isMasked ? bytes.slice(at, at + 4) : new Uint8Array(4);
    if (isMasked) at += 4;
    if (at + length > bytes.length) throw new Error("the bytes end inside a frame");
    const payload = bytes.slice(at, at + length).map((byte, index) => byte ^ key[index % 4]!);
    at += length;
    frames.push({
      fin: first >= 0x80,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      isMasked,
      payload,
    });
  }
  return frames;
}
