/** Messages out through DEFLATE (RFC 7692 §7.2.1). */
import type { DeflateCodec, Deflater, DeflaterOptions } from "./deflate-codec.ts";
import type { DeflateTerms } from "./deflate-negotiation.ts";
import type { DeflateSettings } from "./deflate-options.ts";

/** What a connection's outgoing half keeps between messages. */
export interface Compressing {
  readonly codec: DeflateCodec;
  readonly options: DeflaterOptions;
  readonly takesOver: boolean;
  readonly threshold: number;
  /** With takeover: the connection's own, made for the first message. Without: null, the deflater is shared. */
  own: Deflater | null;
}

export function createCompressing(
  codec: DeflateCodec,
  terms: DeflateTerms,
  settings: DeflateSettings,
): Compressing {
  const { level, memLevel, threshold } = settings;
  return {
    codec,
    options: { windowBits: terms.sendWindowBits, level, memLevel },
    takesOver: terms.sendTakeover,
    threshold,
    own: null,
  };
}

/**
 * Whether a message is compressed at all: §6 leaves that to the sender, message by message.
 * @param size bytes of the whole message; null when the message goes out in fragments.
 */
export function isWorthCompressing(compressing: Compressing, size: number | null): boolean {
  // Behind a flush, zlib writes nothing for an empty message, and there is nothing to gain.
  if (size === 0) return false;
  return compressing.takesOver || size === null || size >= compressing.threshold;
}

const NOTHING: Uint8Array = new Uint8Array(0);
/** §7.2.3.6: an empty DEFLATE block with no compression, less its last four bytes. */
const EMPTY_BLOCK: Uint8Array = Uint8Array.of(0x00);
/** The end of an empty block with no compression: 00 00 ff ff. */
const TAIL_BYTES = 4;

/**
 * One fragment's payload. A fragment ends at a byte boundary; 00 00 ff ff is removed from the last one, and from no other
 * (§7.2.1).
 * @returns the bytes for the frame, lent until the next call for any connection with the same codec.
 */
export function compress(
  compressing: Compressing,
  payload: Uint8Array,
  isFinal: boolean,
): Uint8Array {
  if (payload.length === 0) return isFinal ? EMPTY_BLOCK : NOTHING;
  const compressed = deflaterOf(compressing).deflate(payload);
  const end = compressed.length - TAIL_BYTES;
  // A codec that lost its place would send bytes of another connection: the check costs four comparisons.
  if (
    end < 1 ||
    compressed[end] !== 0x00 ||
    compressed[end + 1] !== 0x00 ||
    compressed[end + 2] !== 0xff ||
    compressed[end + 3] !== 0xff
  ) {
    throw new Error("bug: the DEFLATE codec did not end its output with 00 00 ff ff");
  }
  return isFinal ? compressed.subarray(0, end) : compressed;
}

function deflaterOf(compressing: Compressing): Deflater {
  if (compressing.takesOver) {
    compressing.own ??= compressing.codec.createDeflater(compressing.options);
    return compressing.own;
  }
  const shared = sharedDeflater(compressing.codec, compressing.options);
  // Also between the fragments of one message: another connection may have compressed meanwhile. §7.2.1 lets a sender refer
  // to as little as the sender likes.
  shared.reset();
  return shared;
}

/** One compressor for all connections that send without takeover: 220 to 285 KiB in all, and not per connection. */
const sharedDeflaters: WeakMap<DeflateCodec, Map<number, Deflater>> = new WeakMap();

function sharedDeflater(codec: DeflateCodec, options: DeflaterOptions): Deflater {
  let ofCodec = sharedDeflaters.get(codec);
  if (ofCodec === undefined) {
    ofCodec = new Map();
    sharedDeflaters.set(codec, ofCodec);
  }
  const key = optionsKey(options);
  let deflater = ofCodec.get(key);
  if (deflater === undefined) {
    deflater = codec.createDeflater(options);
    ofCodec.set(key, deflater);
  }
  return deflater;
}

/** The three options as one integer: equal for equal options. */
export function optionsKey({ windowBits, level, memLevel }: DeflaterOptions): number {
  return windowBits * 256 + level * 16 + memLevel;
}

export function disposeCompressing(compressing: Compressing): void {
  compressing.own?.dispose();
  compressing.own = null;
}
