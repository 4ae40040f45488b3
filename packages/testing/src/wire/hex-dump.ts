/** Bytes of a stream as a person reads them: a line per header, the payload below it, offsets in front, comments behind. */
import { requireBytes } from "../given.ts";
import { toHex } from "./bytes.ts";
import { type ReadFrame, readFrames } from "./frame-reader.ts";
import { decodeText } from "./text.ts";

/** A mark of {@link dumpFrames} in the stream. */
export interface DumpOptions {
  /** Where the stream was cut into chunks, ascending: a dump then shows the cuts as `|`. Default: no cuts. */
  readonly cutting?: readonly number[];
  /** The offset of a byte to point at, and the words beside the arrow. Default: none. */
  readonly mark?: { readonly offset: number; readonly text: string };
}

const OPCODE_NAMES: Readonly<Record<number, string>> = {
  0: "Continuation",
  1: "Text",
  2: "Binary",
  8: "Close",
  9: "Ping",
  10: "Pong",
};

/** Payloads with more bytes are shown in part: the first 16 bytes and the last 8. */
const MOST_SHOWN = 32;

/**
 * Frames as a commented hex dump (RFC 6455 §5.2). Long payloads are shown in part. Takes any bytes.
 *
 * ```text
 * 0000  01 82 37fa213d      Text, more follows, masked, 2 bytes
 * 0006  7f 9f               = 48 65 "He"
 * 0008  80 00               Continuation, FIN, not masked, 0 bytes
 * ```
 */
export function dumpFrames(bytes: Uint8Array, options: DumpOptions = {}): string {
  requireBytes("the stream", bytes);
  if (bytes.length === 0) return "(no bytes)";
  const { cutting = [], mark } = options;
  const cuts = new Set(cutting.filter((at) => at > 0 && at < bytes.length));
  // A mark at every byte says no more than the line below the dump.
  const marked = cuts.size === bytes.length - 1 ? new Set<number>() : cuts;
  const lines: string[] = [];
  for (const frame of readFrames(bytes)) {
    const payloadStart = frame.payloadStart ?? frame.end;
    addLines(lines, bytes, frame.start, payloadStart, marked, describeHeader(frame), mark);
    if (frame.end > payloadStart) {
      addLines(lines, bytes, payloadStart, frame.end, marked, describePayload(frame), mark);
    }
  }
  if (cuts.size > 0) lines.push(describeCuts(cuts, bytes.length));
  return lines.join("\n");
}

function addLines(
  lines: string[],
  bytes: Uint8Array,
  start: number,
  end: number,
  cuts: ReadonlySet<number>,
  comment: string,
  mark: DumpOptions["mark"],
): void {
  const hex = hexOf(bytes, start, end, cuts);
  lines.push(`${offsetOf(start)}  ${hex.padEnd(24)}  ${comment}`.trimEnd());
  if (mark === undefined || mark.offset < start || mark.offset >= end) return;
  lines.push(`${" ".repeat(4)}  ^ byte ${mark.offset}: ${mark.text}`);
}

function offsetOf(at: number): string {
  return String(at).padStart(4, "0");
}

/** Pairs of digits; a cut stands as `|` before the byte that begins a chunk. */
function hexOf(bytes: Uint8Array, start: number, end: number, cuts: ReadonlySet<number>): string {
  const pair = (at: number): string =>
    `${cuts.has(at) ? "|" : ""}${bytes[at]!.toString(16).padStart(2, "0")}`;
  const range = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => pair(from + index)).join(" ");
  if (end - start <= MOST_SHOWN) return range(start, end);
  return `${range(start, start + 16)} ... ${range(end - 8, end)}`;
}

function describeHeader(frame: ReadFrame): string {
  const { fin, rsv, opcode, isMasked, lengthBytes, length, payloadStart, isWhole } = frame;
  const words = [
    OPCODE_NAMES[opcode] ?? `opcode ${opcode} (reserved)`,
    fin ? "FIN" : "more follows",
  ];
  for (const bit of [1, 2, 3]) if (((rsv >> (3 - bit)) & 1) === 1) words.push(`RSV${bit}`);
  if (isMasked !== null) words.push(isMasked ? "masked" : "not masked");
  if (length !== null) words.push(`${BigInt(length)} ${length === 1 ? "byte" : "bytes"}`);
  if (lengthBytes !== null && lengthBytes > 0) words.push(`length in ${lengthBytes * 8} bits`);
  if (payloadStart === null) words.push("the header breaks off");
  else if (!isWhole) words.push(`breaks off after ${frame.payload.length}`);
  return words.join(", ");
}

function describePayload({ opcode, isMasked, payload }: ReadFrame): string {
  const isLong = payload.length > MOST_SHOWN;
  const shown = isLong ? payload.subarray(0, 16) : payload;
  const plain = isMasked === true ? [`= ${spaced(shown)}${isLong ? " ..." : ""}`] : [];
  if (opcode === 8 && payload.length >= 2) {
    const reason = payload.length > 2 ? ` ${quoted(payload.subarray(2))}` : "";
    return [...plain, `code ${payload[0]! * 256 + payload[1]!}${reason}`].join(" ");
  }
  if (isLong) return [...plain, `(${payload.length} bytes in all)`].join(" ");
  return opcode === 1 ? [...plain, quoted(payload)].join(" ") : plain.join(" ");
}

function spaced(bytes: Uint8Array): string {
  return toHex(bytes).replace(/(..)(?=.)/g, "$1 ");
}

function quoted(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  return text === null ? "(not UTF-8)" : JSON.stringify(text);
}

function describeCuts(cuts: ReadonlySet<number>, length: number): string {
  const places = [...cuts];
  if (places.length === length - 1) return `cut behind every byte: ${length} chunks`;
  const named = places.slice(0, 12).join(", ");
  const more = places.length > 12 ? ", ..." : "";
  return `cut at ${named}${more}: ${places.length + 1} chunks, a | begins each`;
}
