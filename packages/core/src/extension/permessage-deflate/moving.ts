/**
 * A session of permessage-deflate that moves to another process (the option `movable`), as bytes and from bytes:
 *
 * | bytes | |
 * | --- | --- |
 * | 1 | version 1 |
 * | 1 | bit 0: we send with takeover; bit 1: we receive with takeover |
 * | 1, 1 | window bits of the messages that we send, and that we receive |
 * | 4 + n | the window of the messages sent, behind its length |
 * | 4 + n | the window of the messages received, behind its length |
 * | 6, 6 | of the message under way: bytes as they came, and as they were inflated |
 * | 4 + n | the message under way as it came, behind its length |
 *
 * Numbers have their highest byte first.
 */
import { appendBytes, createGrowingBytes, gatheredBytes } from "../../bytes/growing-bytes.ts";
import type { Compressing } from "./compressing.ts";
import { type Decompressing, decompress } from "./decompressing.ts";
import type { DeflateTerms } from "./deflate-negotiation.ts";
import { MAX_WINDOW_BITS, MIN_WINDOW_BITS } from "./deflate-parameters.ts";
import { keepInWindow, windowBytes } from "./kept-window.ts";

const VERSION = 1;
const NOTHING: Uint8Array = new Uint8Array(0);

/** The facts that {@link readMoved} finds in the state. */
export interface MovedSession {
  readonly terms: DeflateTerms;
  readonly sendWindow: Uint8Array;
  readonly receiveWindow: Uint8Array;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  readonly received: Uint8Array;
}

/** @returns the state, or a sentence why the session cannot move now. */
export function movedState(
  terms: DeflateTerms,
  compressing: Compressing,
  decompressing: Decompressing,
): Uint8Array | string {
  if (compressing.own !== null && compressing.kept === null) {
    return "permessage-deflate has compressed with a window that nobody kept. Give it the option movable: true";
  }
  if (decompressing.inflater !== null && decompressing.kept === null) {
    return "permessage-deflate has inflated with a window that nobody kept, or is within a message. Give it the option movable: true";
  }
  const { kept } = decompressing;
  const received = kept === null ? NOTHING : gatheredBytes(kept.received);
  return inOrder([
    Uint8Array.of(
      VERSION,
      (terms.sendTakeover ? 1 : 0) | (terms.receiveTakeover ? 2 : 0),
      terms.sendWindowBits,
      terms.receiveWindowBits,
    ),
    ...behindLength(compressing.kept === null ? NOTHING : windowBytes(compressing.kept)),
    ...behindLength(kept === null ? NOTHING : windowBytes(kept.before)),
    number(decompressing.compressedBytes, 6),
    number(decompressing.inflatedBytes, 6),
    ...behindLength(received),
  ]);
}

/** @returns null for bytes that are no state. Never throws. */
export function readMoved(state: Uint8Array): MovedSession | null {
  const [version, flags, sendWindowBits, receiveWindowBits] = state;
  if (version !== VERSION || flags === undefined || flags > 3) return null;
  if (!isWindow(sendWindowBits) || !isWindow(receiveWindowBits)) return null;
  let at = 4;
  const readNumber = (size: number): number => {
    let value = 0;
    for (let index = 0; index < size; index += 1)
      value = value * 256 + (state[at + index] ?? Number.NaN);
    at += size;
    return value;
  };
  const readBytes = (most: number): Uint8Array | null => {
    const length = readNumber(4);
    // Also false for a number that the state is too short for.
    if (!(length <= most && at + length <= state.length)) return null;
    at += length;
    return state.subarray(at - length, at);
  };
  const sendWindow = readBytes(2 ** sendWindowBits);
  const receiveWindow = sendWindow === null ? null : readBytes(2 ** receiveWindowBits);
  if (sendWindow === null || receiveWindow === null) return null;
  const compressedBytes = readNumber(6);
  const inflatedBytes = readNumber(6);
  const received = readBytes(state.length);
  if (received === null || at !== state.length) return null;
  if (received.length > 0 && received.length !== compressedBytes) return null;
  const terms: DeflateTerms = {
    sendTakeover: (flags & 1) !== 0,
    receiveTakeover: (flags & 2) !== 0,
    sendWindowBits,
    receiveWindowBits,
  };
  return { terms, sendWindow, receiveWindow, compressedBytes, inflatedBytes, received };
}

function isWindow(bits: number | undefined): bits is number {
  return bits !== undefined && bits >= MIN_WINDOW_BITS && bits <= MAX_WINDOW_BITS;
}

/**
 * Brings fresh codecs to where the old ones were. A deflater gets the window to compress, and an inflater gets it in blocks
 * without compression (RFC 1951 §3.2.4): every codec can do both, and what comes out is thrown away.
 * @returns false when the state does not fit the session.
 */
export function primeCodecs(
  moved: MovedSession,
  compressing: Compressing,
  decompressing: Decompressing,
): boolean {
  const { sendWindow, receiveWindow, received, compressedBytes, inflatedBytes } = moved;
  if (sendWindow.length > 0) {
    if (compressing.shared !== null) return false;
    compressing.own = compressing.codec.createDeflater(compressing.options);
    compressing.own.deflate(sendWindow);
    if (compressing.kept !== null) keepInWindow(compressing.kept, sendWindow);
  }
  const { kept } = decompressing;
  if (receiveWindow.length > 0) {
    if (!decompressing.takesOver || !decompressing.codec.keepsContext) return false;
    decompressing.inflater = decompressing.codec.createInflater({
      windowBits: decompressing.windowBits,
    });
    const verdict = decompressing.inflater.inflate(
      stored(receiveWindow),
      false,
      receiveWindow.length,
      () => {},
    );
    if (verdict !== "ok") return false;
    if (kept !== null) keepInWindow(kept.before, receiveWindow);
  }
  if (received.length === 0) {
    decompressing.compressedBytes = compressedBytes;
    decompressing.inflatedBytes = inflatedBytes;
    return true;
  }
  const verdict = decompress(decompressing, received, false, inflatedBytes, () => {});
  return verdict === "ok" && decompressing.inflatedBytes === inflatedBytes;
}

/** One block without compression, not final: its three bits, the padding, LEN, NLEN, the bytes. At most 65,535 bytes. */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return inOrder([
    Uint8Array.of(0, length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff),
    bytes,
  ]);
}

function behindLength(bytes: Uint8Array): Uint8Array[] {
  return [number(bytes.length, 4), bytes];
}

function number(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = value;
  for (let index = size - 1; index >= 0; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function inOrder(parts: readonly Uint8Array[]): Uint8Array {
  const whole = createGrowingBytes(0, Number.POSITIVE_INFINITY);
  for (const part of parts) appendBytes(whole, part, 0, part.length, Number.POSITIVE_INFINITY);
  return gatheredBytes(whole).slice();
}
