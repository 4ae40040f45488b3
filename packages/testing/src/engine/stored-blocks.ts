/**
 * permessage-deflate (RFC 7692 §7) that does not compress: every message becomes DEFLATE made of stored blocks
 * (RFC 1951 §3.2.4), which any peer can inflate. It reads nothing but stored blocks.
 *
 * It is there to prove the engine's extension seam, and so it is a hard partner: it throws when the engine breaks a rule
 * of `ExtensionSession`, it spoils what it lent as soon as the loan is over, and it counts the sessions that nobody has
 * disposed of.
 */
import type { Extension, ExtensionOffer, ExtensionSession } from "@sansocket/core";

/** How {@link storedBlocks} parts and chooses messages. */
export interface StoredBlocksOptions {
  /** Bytes of data in a block, 1 to 65535. Default 65535, the most that LEN can say; fewer give more seams to cut at. */
  readonly blockBytes?: number;
  /** A message that is known to be shorter goes out as it is. In bytes; default 0: every message is transformed. */
  readonly threshold?: number;
}

/** The extension that {@link storedBlocks} makes, with a count of the sessions that nobody has disposed of. */
export interface StoredBlocks extends Extension {
  offer(): readonly ExtensionOffer[];
  accept(
    offers: readonly ExtensionOffer[],
  ): { readonly response: ExtensionOffer; readonly session: ExtensionSession } | null;
  confirm(response: ExtensionOffer): { readonly session: ExtensionSession } | null;
  /** Sessions that were begun and not yet disposed of. */
  readonly liveSessions: number;
}

const NAME = "permessage-deflate";
/** RFC 7692 §6: the "Per-Message Compressed" bit. */
const RSV1 = 0x40;
/** BFINAL, BTYPE and padding in one byte, LEN and NLEN in four. */
const BLOCK_HEADER_BYTES = 5;
const MAX_BLOCK_BYTES = 65_535;
/** The byte that overwrites lent bytes when the loan is over: as text it is not even UTF-8. */
const SPOILED = 0xaa;

/** An extension for tests: permessage-deflate's framing with stored blocks only, so that no codec is needed. */
export function storedBlocks(options: StoredBlocksOptions = {}): StoredBlocks {
  const { blockBytes = MAX_BLOCK_BYTES, threshold = 0 } = options;
  if (!Number.isInteger(blockBytes) || blockBytes < 1 || blockBytes > MAX_BLOCK_BYTES) {
    throw new RangeError(`blockBytes ${blockBytes} is not from 1 to ${MAX_BLOCK_BYTES}`);
  }
  let liveSessions = 0;
  function begin(): ExtensionSession {
    liveSessions += 1;
    return createSession(blockBytes, threshold, () => {
      liveSessions -= 1;
    });
  }
  return {
    name: NAME,
    offer: () => [{ name: NAME, parameters: [] }],
    accept(offers) {
      const offer = offers.find(isUnderstood);
      if (offer === undefined) return null;
      // RFC 7692 §7.1.1.1, §7.1.2.1: what the client asks of the server must be confirmed. Stored blocks refer to nothing
      // behind them, so each of these requests is fulfilled.
      const parameters = offer.parameters.filter(({ name }) => name.startsWith("server_"));
      return { response: { name: NAME, parameters }, session: begin() };
    },
    confirm(response) {
      // RFC 7692 §7.1.2.2: the server may only say it to a client that offered it.
      const isOffered = response.parameters.every(({ name }) => name !== "client_max_window_bits");
      return isOffered && isUnderstood(response) ? { session: begin() } : null;
    },
    get liveSessions() {
      return liveSessions;
    },
  };
}

const PARAMETERS: readonly string[] = [
  "server_no_context_takeover",
  "client_no_context_takeover",
  "server_max_window_bits",
  "client_max_window_bits",
];

/** RFC 7692 §7.1: known parameters, each at most once. Their values are not judged: a stored block meets any. */
function isUnderstood({ parameters }: ExtensionOffer): boolean {
  const names = parameters.map(({ name }) => name);
  return names.every((name, at) => PARAMETERS.includes(name) && names.indexOf(name) === at);
}

/** Where in the grammar of RFC 1951 §3.2.3 and §3.2.4 the next byte stands. */
const Position = { Header: 0, Length: 1, Data: 2 } as const;
type Position = (typeof Position)[keyof typeof Position];

/** The decoder's facts about the message that is coming in. */
interface Decoding {
  position: Position;
  /** How many bytes of LEN and NLEN were seen. */
  lengthBytes: number;
  /** LEN, as far as it was seen; then the bytes of the block that are still to come. */
  left: number;
}

interface SessionState {
  isDisposed: boolean;
  isEncoding: boolean;
  decoding: Decoding | null;
  /** The last output of the encoder: the engine's until the next call. */
  lent: Uint8Array;
}

function createSession(
  blockBytes: number,
  threshold: number,
  onDisposed: () => void,
): ExtensionSession {
  const state: SessionState = {
    isDisposed: false,
    isEncoding: false,
    decoding: null,
    lent: new Uint8Array(0),
  };
  return {
    rsv: RSV1,

    encodeStart(opcode, sizeHint) {
      beginCall(state);
      demandDataOpcode(opcode);
      demand(!state.isEncoding, "encodeStart inside an outgoing message");
      state.isEncoding = sizeHint === null || sizeHint >= threshold;
      return state.isEncoding;
    },

    encode(payload, final) {
      beginCall(state);
      demand(state.isEncoding, "encode of a message that encodeStart did not take");
      state.isEncoding = !final;
      state.lent = encodeBlocks(payload, final, blockBytes);
      return state.lent;
    },

    decodeStart(opcode) {
      beginCall(state);
      demandDataOpcode(opcode);
      demand(state.decoding === null, "decodeStart inside an incoming message");
      state.decoding = { position: Position.Header, lengthBytes: 0, left: 0 };
    },

    decode(payload, final, budget, sink) {
      beginCall(state);
      demand(state.decoding !== null, "decode without decodeStart, or behind the last call");
      demand(budget >= 0, `a budget of ${budget}`);
      const verdict = decodeBlocks(state.decoding, payload, final, budget, sink);
      if (final || verdict !== "ok") state.decoding = null;
      return verdict;
    },

    dispose() {
      if (state.isDisposed) return;
      beginCall(state);
      state.isDisposed = true;
      onDisposed();
    },
  };
}

function beginCall(state: SessionState): void {
  demand(!state.isDisposed, "a call of a session that was disposed of");
  state.lent.fill(SPOILED);
}

function demand(isKept: boolean, breach: string): asserts isKept {
  if (!isKept) throw new Error(`bug: the engine breaks the extension seam: ${breach}`);
}

function demandDataOpcode(opcode: number): void {
  demand(opcode === 0x1 || opcode === 0x2, `a message with opcode ${opcode}`);
}

/**
 * One fragment in blocks of its own, so that it ends at a byte (RFC 7692 §7.2.1). The last one is followed by an empty
 * stored block, without its LEN and NLEN, 00 00 ff ff, which the receiver puts back.
 */
function encodeBlocks(payload: Uint8Array, final: boolean, blockBytes: number): Uint8Array {
  const blockCount = Math.ceil(payload.length / blockBytes);
  const length = payload.length + blockCount * BLOCK_HEADER_BYTES + (final ? 1 : 0);
  // Zeros: BFINAL 0, BTYPE 00 and padding need not be written.
  const encoded = new Uint8Array(length);
  let at = 0;
  for (let start = 0; start < payload.length; start += blockBytes) {
    const data = payload.subarray(start, start + blockBytes);
    encoded[at + 1] = data.length;
    encoded[at + 2] = data.length >> 8;
    encoded[at + 3] = ~data.length;
    encoded[at + 4] = ~data.length >> 8;
    encoded.set(data, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + data.length;
  }
  return encoded;
}

function decodeBlocks(
  decoding: Decoding,
  payload: Uint8Array,
  final: boolean,
  budget: number,
  sink: (decoded: Uint8Array) => void,
): "ok" | "corrupt" | "limit" {
  let budgetLeft = budget;
  let at = 0;
  while (at < payload.length) {
    if (decoding.position === Position.Data) {
      const size = Math.min(decoding.left, payload.length - at);
      const allowed = Math.min(size, budgetLeft);
      if (allowed > 0) lend(payload.slice(at, at + allowed), sink);
      // At the byte over it, and not at a LEN that announces it: a limit counts what has come.
      if (allowed < size) return "limit";
      at += size;
      budgetLeft -= size;
      decoding.left -= size;
      if (decoding.left === 0) decoding.position = Position.Header;
    } else {
      if (!takeHeaderByte(decoding, payload[at]!)) return "corrupt";
      at += 1;
    }
  }
  if (!final) return "ok";
  // RFC 7692 §7.2.1: the last byte has the header bits of the block whose LEN and NLEN were removed.
  const isWhole = decoding.position === Position.Length && decoding.lengthBytes === 0;
  return isWhole ? "ok" : "corrupt";
}

function lend(decoded: Uint8Array, sink: (decoded: Uint8Array) => void): void {
  sink(decoded);
  decoded.fill(SPOILED);
}

/** @returns false when the byte cannot stand there. */
function takeHeaderByte(decoding: Decoding, byte: number): boolean {
  if (decoding.position === Position.Header) {
    decoding.position = Position.Length;
    decoding.lengthBytes = 0;
    // BTYPE 00. BFINAL may be set (RFC 7692 §7.2.3.4), and the padding says nothing (RFC 1951 §3.2.4).
    return (byte & 0b110) === 0;
  }
  const { lengthBytes } = decoding;
  decoding.lengthBytes += 1;
  if (lengthBytes < 2) {
    decoding.left |= byte << (8 * lengthBytes);
    return true;
  }
  // NLEN is the complement of LEN, byte by byte.
  const complement = ~(decoding.left >> (8 * (lengthBytes - 2))) & 0xff;
  if (lengthBytes === 3) decoding.position = Position.Data;
  return byte === complement;
}
