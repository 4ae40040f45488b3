/** Reports to the page about its own connection: the opening handshake, the frames, and the number of frames left out. */
import { encodeAcceptance } from "@sansocket/core";
import type { Socket } from "@sansocket/driver/application";

/** The `trace` hook's view of a frame: core's WatchedFrame. */
export interface TracedFrame {
  readonly direction: "in" | "out";
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly maskingKey: number;
  readonly payloadLength: number;
  readonly payload: Uint8Array;
  readonly offset: number;
  readonly isComplete: boolean;
}

/** The same, with the payload in hexadecimal, because JSON has no bytes. */
export type FrameReport = Omit<TracedFrame, "payload"> & {
  readonly kind: "frame";
  readonly payload: string;
};

/** Both heads of the opening handshake (RFC 6455 §1.3), in lines without their ends. */
export interface HandshakeReport {
  readonly kind: "handshake";
  readonly request: readonly string[];
  readonly response: readonly string[];
}

/** Frames at this place that are not shown. */
export interface LeftOut {
  readonly kind: "left-out";
  /** Frames that carried reports. */
  readonly reports: number;
  /** Frames that passed while the page did not watch. */
  readonly paused: number;
}

export type WireItem = HandshakeReport | FrameReport | LeftOut;

/** The next report to the page of one connection. */
export interface WireRecord {
  isWatching: boolean;
  /** Seen, and not reported yet. */
  items: WireItem[];
  /** Left out since the newest item. */
  reports: number;
  paused: number;
}

export function createWireRecord(isWatching: boolean): WireRecord {
  return { isWatching, items: [], reports: 0, paused: 0 };
}

/** Notes a frame, or counts it as left out. */
export function recordFrame(record: WireRecord, frame: TracedFrame): void {
  if (isReport(frame)) record.reports += 1;
  else if (!record.isWatching) record.paused += 1;
  else {
    recordLeftOut(record);
    record.items.push(reportFrame(frame));
  }
}

/** The page begins or stops to watch the frames. When it begins again, it gets the number of frames that it missed. */
export function watch(record: WireRecord, isWatching: boolean): void {
  if (isWatching && record.paused > 0) recordLeftOut(record);
  record.isWatching = isWatching;
}

/** Takes the report: it is empty afterwards. */
export function takeItems(record: WireRecord): WireItem[] {
  const { items } = record;
  record.items = [];
  return items;
}

function recordLeftOut(record: WireRecord): void {
  const { reports, paused } = record;
  if (reports + paused === 0) return;
  record.items.push({ kind: "left-out", reports, paused });
  record.reports = 0;
  record.paused = 0;
}

/** Bytes of each payload that the page is shown. */
const SHOWN_BYTES = 96;

export function reportFrame(frame: TracedFrame): FrameReport {
  return { kind: "frame", ...frame, payload: hexOf(frame.payload.subarray(0, SHOWN_BYTES)) };
}

/** The beginning of every message with a report: `type` is its first member. */
const BEGINNING = '{"type":"frames"';

/**
 * Whether a frame carries a report. Such a frame is not reported: its report would be a frame again, and so on without end. The
 * text of a person cannot look like a report, because the text stands further inside its message.
 */
export function isReport({ direction, payload }: TracedFrame): boolean {
  if (direction === "in" || payload.length < BEGINNING.length) return false;
  for (let index = 0; index < BEGINNING.length; index += 1) {
    if (payload[index] !== BEGINNING.charCodeAt(index)) return false;
  }
  return true;
}

// ---- the opening handshake

/** Bytes of one line that the page is shown. */
const SHOWN_LINE = 200;

/** Scripts of a page may not read these fields, so the report leaves them out. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

/** The opening handshake of a connection to a server without fields of its own. null on clients. */
export function reportHandshake(
  socket: Pick<Socket<unknown>, "request" | "protocol" | "extensions">,
): HandshakeReport | null {
  const { request, protocol, extensions } = socket;
  if (request === null) return null;
  const { method, target, headerLines } = request;
  const key = request.headers.get("sec-websocket-key") ?? "";
  const fields = headerLines.map(([name, value]) => {
    const isSecret = SECRET_FIELDS.has(name.toLowerCase());
    return `${name}: ${isSecret ? "(not shown)" : value}`;
  });
  // The engine writes its 101 with this function too.
  const response = encodeAcceptance({ key, protocol, extensions, headers: [] });
  return {
    kind: "handshake",
    request: [`${method} ${target} HTTP/1.1`, ...fields].map(shortened),
    response: response.trimEnd().split("\r\n").map(shortened),
  };
}

function shortened(line: string): string {
  return line.length > SHOWN_LINE ? `${line.slice(0, SHOWN_LINE)} …` : line;
}

function hexOf(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
