/** Messages out through DEFLATE (RFC 7692 §7.2.1). */
import type { DeflateCodec, Deflater, DeflaterOptions } from "./deflate-codec.ts";
import type { DeflateTerms } from "./deflate-negotiation.ts";
import type { DeflateSettings } from "./deflate-options.ts";
import { createKeptWindow, type KeptWindow, keepInWindow } from "./kept-window.ts";

/** The state of a connection's outgoing half between messages. */
export interface Compressing {
  readonly codec: DeflateCodec;
  readonly options: DeflaterOptions;
  readonly threshold: number;
  /**
   * The compressor that the connection shares with others, when messages are compressed without takeover; otherwise null.
   */
  readonly shared: SharedCompressing | null;
  /** The connection's own deflater, for takeover; made for the first message. */
  own: Deflater | null;
  /** The bytes to which the deflater may refer, for the option `movable` and takeover; otherwise null. */
  readonly kept: KeptWindow | null;
}

export function createCompressing(
  codec: DeflateCodec,
  terms: DeflateTerms,
  settings: DeflateSettings,
): Compressing {
  const { level, memLevel, threshold } = settings;
  const options = { windowBits: terms.sendWindowBits, level, memLevel };
  const shared = terms.sendTakeover ? null : sharedCompressing(codec, options, threshold);
  const isKept = settings.movable && shared === null;
  const kept = isKept ? createKeptWindow(terms.sendWindowBits) : null;
  return { codec, options, threshold, shared, own: null, kept };
}

/**
 * Whether a message is compressed at all: §6 leaves that to the sender, message by message.
 * @param size bytes of the whole message; null when the message goes out in fragments.
 */
export function isWorthCompressing(compressing: Compressing, size: number | null): boolean {
  // Behind a flush, zlib writes nothing for an empty message, and there is nothing to gain.
  if (size === 0) return false;
  return compressing.shared === null || size === null || size >= compressing.threshold;
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
  if (compressing.kept !== null) keepInWindow(compressing.kept, payload);
  return isFinal ? compressed.subarray(0, end) : compressed;
}

function deflaterOf(compressing: Compressing): Deflater {
  const { codec, options, shared } = compressing;
  if (shared === null) {
    compressing.own ??= codec.createDeflater(options);
    return compressing.own;
  }
  shared.deflater ??= codec.createDeflater(options);
  // Also between the fragments of one message: another connection may have compressed meanwhile. §7.2.1 lets a sender refer
  // to as little as the sender likes.
  shared.deflater.reset();
  return shared.deflater;
}

/**
 * The compressor of all connections that send without takeover: 220 to 285 KiB in all instead of as much for each
 * connection. The object also stands for the terms under which equal messages become equal bytes.
 */
export interface SharedCompressing {
  /** Made for the first message that is compressed under these terms, and kept. */
  deflater: Deflater | null;
}

const sharedByCodec: WeakMap<DeflateCodec, Map<string, SharedCompressing>> = new WeakMap();

function sharedCompressing(
  codec: DeflateCodec,
  options: DeflaterOptions,
  threshold: number,
): SharedCompressing {
  let ofCodec = sharedByCodec.get(codec);
  if (ofCodec === undefined) {
    ofCodec = new Map();
    sharedByCodec.set(codec, ofCodec);
  }
  // The threshold is one of the terms too: whether a message is compressed follows from it.
  const key = [options.windowBits, options.level, options.memLevel, threshold].join(" ");
  let shared = ofCodec.get(key);
  if (shared === undefined) {
    shared = { deflater: null };
    ofCodec.set(key, shared);
  }
  return shared;
}

export function disposeCompressing(compressing: Compressing): void {
  compressing.own?.dispose();
  compressing.own = null;
}
