/** One frame (RFC 6455 §5.2), as bits. */

/** How the model reads headers: which side it is, and the limits. */
export interface HeaderTerms {
  /** §5.1: the peer of a server masks, the peer of a client does not. */
  readonly isPeerMasked: boolean;
  /** The RSV bits to which an extension has given a meaning on the first frame of a message. */
  readonly claimedRsv: number;
  /** §5.4: a fragmented message is under way, with so many frames so far; 0 for none. */
  readonly fragments: number;
  /** §10.4: frames of one message. */
  readonly fragmentLimit: number;
}

/** A header that is complete and sound so far as one frame can tell. */
export interface FrameHeader {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly length: number;
  /** Four bytes; null on a frame that is not masked. */
  readonly key: Uint8Array | null;
  /** Bytes of the header. */
  readonly size: number;
}

/** A broken rule, with the index of the byte at fault in the header. */
export interface HeaderFault {
  readonly rule: string;
  readonly byte: number;
}

/** A length that is in the header although its masking key has not arrived: enough to judge the limits. */
export interface AnnouncedLength {
  readonly length: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  /** The index of the first byte of the length. */
  readonly lengthAt: number;
}

/** The reading of the first bytes of a frame. "incomplete": the bytes are too few to judge more. */
export type HeaderReading =
  | "incomplete"
  | HeaderFault
  | { readonly announced: AnnouncedLength; readonly header: FrameHeader | null };

/**
 * Reads the header at the beginning of `bytes`. The rules are judged in the order of the engine's documentation: bits and
 * opcode with the first two bytes, the sequence of frames next, then the length.
 */
export function readHeader(bytes: Uint8Array, terms: HeaderTerms): HeaderReading {
  if (bytes.length < 2) return "incomplete";
  const first = bytes[0]!;
  const second = bytes[1]!;
  const fin = first >= 128;
  const rsv = Math.floor(first / 16) % 8;
  const opcode = first % 16;
  const isMasked = second >= 128;
  const shortLength = second % 128;
  const isControl = opcode >= 8;
  const isFirstOfMessage = opcode === 1 || opcode === 2;

  const claimed = isFirstOfMessage ? terms.claimedRsv : 0;
  if ((rsv & ~claimed) !== 0) return { rule: "reserved-bit-set", byte: 0 };
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) return { rule: "reserved-opcode", byte: 0 };
  if (isControl && !fin) return { rule: "control-fragmented", byte: 0 };
  if (isMasked !== terms.isPeerMasked) {
    return { rule: isMasked ? "mask-unexpected" : "mask-missing", byte: 1 };
  }
  if (isControl && shortLength > 125) return { rule: "control-too-long", byte: 1 };
  if (opcode === 0 && terms.fragments === 0) return { rule: "continuation-unexpected", byte: 0 };
  if (isFirstOfMessage && terms.fragments > 0) return { rule: "continuation-missing", byte: 0 };
  if (opcode === 0 && terms.fragments >= terms.fragmentLimit) {
    return { rule: "too-many-fragments", byte: 0 };
  }

  const lengthBytes = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
  if (bytes.length < 2 + lengthBytes) return "incomplete";
  // As a BigInt, since 64 bits do not fit into a number.
  let long = BigInt(shortLength);
  if (lengthBytes > 0) {
    long = 0n;
    for (let index = 0; index < lengthBytes; index += 1) {
      long = long * 256n + BigInt(bytes[2 + index]!);
    }
    if (lengthBytes === 8 && long >= 2n ** 63n) return { rule: "length-top-bit-set", byte: 2 };
    if (long > BigInt(Number.MAX_SAFE_INTEGER)) return { rule: "length-unsafe", byte: 2 };
    const isMinimal = lengthBytes === 2 ? long > 125n : long > 65_535n;
    if (!isMinimal) return { rule: "length-not-minimal", byte: 2 };
  }
  const length = Number(long);
  const lengthAt = lengthBytes === 0 ? 1 : 2;
  const announced: AnnouncedLength = { length, fin, rsv, opcode, lengthAt };
  const size = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < size) return { announced, header: null };
  const key = isMasked ? bytes.slice(size - 4, size) : null;
  return { announced, header: { fin, rsv, opcode, length, key, size } };
}

/** §5.3: the byte at `index` of the payload is XORed with the byte at `index` modulo 4 of the key. */
export function unmasked(payload: Uint8Array, key: Uint8Array | null, from: number): Uint8Array {
  return payload.map((byte, index) => (key === null ? byte : byte ^ key[(from + index) % 4]!));
}

/** A frame on the wire, its length in the shortest form (§5.2). */
export function writeFrame(
  fin: boolean,
  rsv: number,
  opcode: number,
  payload: Uint8Array,
  key: Uint8Array | null,
): Uint8Array {
  const { length } = payload;
  const maskBit = key === null ? 0 : 128;
  const header = [(fin ? 128 : 0) + rsv * 16 + opcode];
  if (length <= 125) header.push(maskBit + length);
  else if (length <= 65_535) header.push(maskBit + 126, length >> 8, length % 256);
  else {
    header.push(maskBit + 127);
    for (let power = 7; power >= 0; power -= 1) {
      header.push(Math.floor(length / 256 ** power) % 256);
    }
  }
  if (key !== null) header.push(...key);
  const frame = new Uint8Array(header.length + length);
  frame.set(header);
  frame.set(unmasked(payload, key, 0), header.length);
  return frame;
}
