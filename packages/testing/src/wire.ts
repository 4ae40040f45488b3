/** Frames written octet by octet (RFC 6455 §5.2), by code that shares nothing with the engine that reads them. */

export interface WireFrame {
  /** The last frame of its message (RFC 6455 §5.2). */
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  /** 4 bits. */
  readonly opcode: number;
  /** Before masking. */
  readonly payload: Uint8Array;
  /** Four octets, or null for a frame that is not masked. */
  readonly key: Uint8Array | null;
}

/**
 * The bytes of a frame (RFC 6455 §5.2), with the shortest form of its length. Nothing is checked: faulty frames are wanted
 * too.
 */
export function encodeFrame({ fin, rsv, opcode, payload, key }: WireFrame): Uint8Array {
  const { length } = payload;
  const lengthOctets = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  head.push(
    (key === null ? 0 : 0x80) | (lengthOctets === 0 ? length : lengthOctets === 2 ? 126 : 127),
  );
  for (let index = lengthOctets - 1; index >= 0; index -= 1) {
    head.push(Math.floor(length / 2 ** (8 * index)) % 256);
  }
  const octets = new Uint8Array(head.length + (key === null ? 0 : 4) + length);
  octets.set(head);
  if (key !== null) octets.set(key, head.length);
  const start = octets.length - length;
  for (let index = 0; index < length; index += 1) {
    octets[start + index] = payload[index]! ^ (key === null ? 0 : key[index % 4]!);
  }
  return octets;
}

/** The parts as one array. */
export function joinOctets(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** As fuzzers print them, and as `fromHex` takes them back. */
export function toHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** The bytes that hexadecimal digits stand for; whatever is no digit is skipped. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}
