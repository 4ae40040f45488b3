/** The report to the page about its own connection: the opening handshake, its frames, and how many of them are left out. */
import { encodeAcceptance } from "@sansocket/core";
import type { Socket } from "@sansocket/driver/application";

/** A frame as the `trace` hook sees it: core's WatchedFrame. */
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

/** The same with its payload in hexadecimal, as JSON has no bytes. */
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

/** Frames that stood here and are not shown. */
export interface LeftOut {
  readonly kind: "left-out";
  /** They carried what is told here. */
  readonly reports: number;
  /** They passed while the page did not watch. */
  readonly paused: number;
}

export type WireItem = HandshakeReport | FrameReport | LeftOut;

/** The report to the page of one connection. */
export interface WireRecord {
  isWatching: boolean;
  /** Seen, and not yet told. */
  items: WireItem[];
  /** Left out since the newest item. */
  reports: number;
  paused: number;
}

export function createWireRecord(isWatching: boolean): WireRecord {
  return { isWatching, items: [], reports: 0, paused: 0 };
}

/** Takes a frame down, or counts it as left out. */
export function recordFrame(record: WireRecord, frame: TracedFrame): void {
  if (isReport(frame)) record.reports += 1;
  else if (!record.isWatching) record.paused += 1;
  else {
    recordLeftOut(record);
    record.items.push(reportFrame(frame));
  }
}

/** The page wants to see the frames, or no longer does. On the way back it is told what it has missed. */
export function watch(record: WireRecord, isWatching: boolean): void {
  if (isWatching && record.paused > 0) recordLeftOut(record);
  record.isWatching = isWatching;
}

/** Takes the items of the next report out of the record: no later report has them. */
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

/** How every message begins that tells of frames: `type` is its first member. */
const BEGINNING = '{"type":"frames"';

/**
 * Whether a frame carries such a message itself. It is not to be reported: its report would be a frame again, and that
 * one's report too, without end. What people write cannot look like one, since it stands further inside of its message.
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

/** Scripts of a page may not read these, and so are not told them here. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

/** The request that opened a connection to a server that sets no fields of its own. Null on clients. */
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
