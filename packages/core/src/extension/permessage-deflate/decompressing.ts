/** Messages in through INFLATE (RFC 7692 §7.2.2), within the budget that the engine gives. */
import { appendBytes, createGrowingBytes, type GrowingBytes } from "../../bytes/growing-bytes.ts";
import type { DeflateCodec, Inflater } from "./deflate-codec.ts";
import type { DeflateTerms } from "./deflate-negotiation.ts";
import type { DeflateSettings } from "./deflate-options.ts";
import {
  clearWindow,
  createKeptWindow,
  type KeptWindow,
  keepInWindow,
  windowBytes,
} from "./kept-window.ts";

/** The state of a connection's incoming half. */
export interface Decompressing {
  readonly codec: DeflateCodec;
  readonly windowBits: number;
  readonly takesOver: boolean;
  readonly maxRatio: number;
  /** Made for the first compressed message. Without takeover it is borrowed for the time of a message. */
  inflater: Inflater | null;
  /** Bytes of the message under way: as they came, and as they were inflated. */
  compressedBytes: number;
  inflatedBytes: number;
  /** The window that another inflater needs to go on from here, for the option `movable`; otherwise null. */
  readonly kept: KeptInput | null;
}

/** A copy of the input. An inflater within a message begins the message again: its state between two bytes cannot move. */
export interface KeptInput {
  /** The bytes to which the message under way may refer. */
  readonly before: KeptWindow;
  /** The message under way, inflated: it becomes the end of the window. */
  readonly inflated: KeptWindow;
  /** The message under way as it came. */
  readonly received: GrowingBytes;
}

function createKeptInput(windowBits: number): KeptInput {
  return {
    before: createKeptWindow(windowBits),
    inflated: createKeptWindow(windowBits),
    received: createGrowingBytes(0, Number.POSITIVE_INFINITY),
  };
}

export function createDecompressing(
  codec: DeflateCodec,
  terms: DeflateTerms,
  settings: DeflateSettings,
): Decompressing {
  return {
    codec,
    windowBits: terms.receiveWindowBits,
    takesOver: terms.receiveTakeover,
    maxRatio: settings.maxRatio,
    inflater: null,
    compressedBytes: 0,
    inflatedBytes: 0,
    kept: settings.movable ? createKeptInput(terms.receiveWindowBits) : null,
  };
}

/**
 * Compressed bytes that are inflated at a time. The steps end at fixed positions of the message, so that what is judged
 * between two of them does not depend on how the input was cut.
 */
const STEP_BYTES = 1_024;
/** DEFLATE's best: a match of 258 bytes from two bits. So many bytes at most come out of one byte. */
const GREATEST_EXPANSION = 1_032;
/** Up to here `maxRatio` is not judged: short messages of one repeated character are common and harmless. */
const RATIO_JUDGED_FROM = 65_536;

/** §7.2.2: the four bytes that the sender removed, and behind them an empty block with no compression. */
const TAIL_AND_EMPTY_BLOCK: Uint8Array = Uint8Array.of(
  ...[0x00, 0x00, 0xff, 0xff],
  ...[0x00, 0x00, 0x00, 0xff, 0xff],
);

export function startDecompressing(decompressing: Decompressing): void {
  decompressing.compressedBytes = 0;
  decompressing.inflatedBytes = 0;
}

type Verdict = "ok" | "corrupt" | "limit";

/** The contract of `ExtensionSession.decode`. */
export function decompress(
  decompressing: Decompressing,
  payload: Uint8Array,
  isFinal: boolean,
  budget: number,
  sink: (inflated: Uint8Array) => void,
): Verdict {
  decompressing.inflater ??= inflaterOf(decompressing);
  const before = decompressing.inflatedBytes;
  const { kept } = decompressing;
  const counted = (inflated: Uint8Array): void => {
    decompressing.inflatedBytes += inflated.length;
    if (kept !== null) keepInWindow(kept.inflated, inflated);
    sink(inflated);
  };
  if (kept !== null) {
    appendBytes(kept.received, payload, 0, payload.length, Number.POSITIVE_INFINITY);
  }
  let verdict: Verdict = "ok";
  for (let at = 0; verdict === "ok" && at < payload.length; ) {
    const left = budget - (decompressing.inflatedBytes - before);
    const size = stepSize(decompressing, payload.length - at, left);
    verdict = decompressing.inflater.inflate(payload.subarray(at, at + size), false, left, counted);
    at += size;
    decompressing.compressedBytes += size;
    if (verdict === "ok" && decompressing.compressedBytes % STEP_BYTES === 0) {
      verdict = judgeRatio(decompressing);
    }
  }
  if (verdict === "ok" && isFinal) {
    const left = budget - (decompressing.inflatedBytes - before);
    verdict = endMessage(decompressing, left, counted);
  }
  return verdict;
}

/**
 * Bytes of the next step. With little budget left the steps get small, down to one byte: what an inflater puts out beyond
 * the budget is then 1,032 bytes at most, whether or not the codec can stop in the middle of a step.
 */
function stepSize(decompressing: Decompressing, available: number, budget: number): number {
  const toBoundary = STEP_BYTES - (decompressing.compressedBytes % STEP_BYTES);
  const affordable = Math.max(1, Math.floor(budget / GREATEST_EXPANSION));
  return Math.min(available, toBoundary, affordable);
}

function judgeRatio({ inflatedBytes, compressedBytes, maxRatio }: Decompressing): Verdict {
  if (inflatedBytes <= RATIO_JUDGED_FROM) return "ok";
  return inflatedBytes > compressedBytes * maxRatio ? "limit" : "ok";
}

function endMessage(
  decompressing: Decompressing,
  budget: number,
  sink: (inflated: Uint8Array) => void,
): Verdict {
  const inflater = decompressing.inflater!;
  let verdict = decompressing.codec.keepsContext
    ? endOfContext(inflater)
    : inflater.inflate(TAIL_AND_EMPTY_BLOCK, true, budget, sink);
  if (verdict === "ok") verdict = judgeRatio(decompressing);
  if (verdict === "ok" && decompressing.kept !== null) endKeptMessage(decompressing);
  if (verdict === "ok" && !decompressing.takesOver) giveBack(decompressing);
  return verdict;
}

function endKeptMessage({ kept, takesOver }: Decompressing): void {
  const { before, inflated, received } = kept!;
  if (takesOver) keepInWindow(before, windowBytes(inflated));
  clearWindow(inflated);
  received.length = 0;
}

/**
 * A message that was cut off in the middle of a block takes the tail, or the empty block behind it, for its own data: then
 * something comes out. zlib itself tells of neither, and would misread the next message.
 */
function endOfContext(inflater: Inflater): Verdict {
  let isCutOff = false;
  const noteOutput = (): void => {
    isCutOff = true;
  };
  const budget = TAIL_AND_EMPTY_BLOCK.length * GREATEST_EXPANSION;
  const verdict = inflater.inflate(TAIL_AND_EMPTY_BLOCK, true, budget, noteOutput);
  return verdict !== "ok" || isCutOff ? "corrupt" : "ok";
}

/**
 * Inflaters without a connection, by codec and window. Without takeover a connection needs one only from the first byte of a
 * message to its last.
 */
const idleInflaters: WeakMap<DeflateCodec, Map<number, Inflater[]>> = new WeakMap();
/** More messages than these are seldom under way at a time; an inflater keeps some 60 KiB. */
const MOST_IDLE_INFLATERS = 16;

function inflaterOf(decompressing: Decompressing): Inflater {
  const { codec, windowBits, takesOver } = decompressing;
  const idle = takesOver ? undefined : idleOf(codec, windowBits).pop();
  return idle ?? codec.createInflater({ windowBits });
}

function giveBack(decompressing: Decompressing): void {
  const inflater = decompressing.inflater!;
  decompressing.inflater = null;
  const idle = idleOf(decompressing.codec, decompressing.windowBits);
  if (idle.length >= MOST_IDLE_INFLATERS) {
    inflater.dispose();
    return;
  }
  inflater.reset();
  idle.push(inflater);
}

function idleOf(codec: DeflateCodec, windowBits: number): Inflater[] {
  let ofCodec = idleInflaters.get(codec);
  if (ofCodec === undefined) {
    ofCodec = new Map();
    idleInflaters.set(codec, ofCodec);
  }
  let idle = ofCodec.get(windowBits);
  if (idle === undefined) {
    idle = [];
    ofCodec.set(windowBits, idle);
  }
  return idle;
}

export function disposeDecompressing(decompressing: Decompressing): void {
  decompressing.inflater?.dispose();
  decompressing.inflater = null;
}
