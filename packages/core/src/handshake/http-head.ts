/**
 * The head of an HTTP/1.1 message, from bytes to a start line and a header list (RFC 9112).
 *
 * The machine reads each byte once and judges it at once. So the result, the fault and its offset cannot depend on how the
 * stream was cut. The work is linear, however slowly a peer dribbles (CVE-2023-43669 was a parser that started again with
 * every read). The machine stops behind the empty line, and never touches the bytes of the connection behind that line. A
 * faster path over runs of bytes would gain little: a browser's head of 467 bytes takes 11 µs (Node 20), once for each
 * connection.
 *
 * The machine is strict where a lenient reader and another recipient could read one head differently. Lines end in CR LF
 * only, a request has no folds, no space stands before the colon, and one space stands between the parts of a request line.
 */
import { isFieldValueCode, isTokenCode, isWhitespaceCode } from "../bytes/http-token.ts";
import {
  type HandshakeFault,
  type HandshakeFaultKind,
  requestFault,
  responseFault,
} from "./handshake-fault.ts";
import * as Position from "./head-position.ts";
import { firstPosition, type HttpHeadReader, keep, takeElement } from "./http-head-reader.ts";
import { takeRequestLine, takeStatusLine } from "./start-line.ts";

/** Counted per stream, with every 1xx response before the final one. */
export interface HeadLimits {
  /** Bytes of all heads, line ends included. */
  readonly headBytes: number;
  /** Header lines of all heads. */
  readonly headers: number;
  /** Bytes of one line, its CR LF included. */
  readonly lineBytes: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const COLON = 0x3a;

/** The parts of the machine that differ between requests and responses: a program with one role carries one of them. */
interface HeadOf {
  readonly takeStartLine: (reader: HttpHeadReader, byte: number) => HandshakeFaultKind | null;
  readonly faultOf: (kind: HandshakeFaultKind, offset: number) => HandshakeFault;
}

/**
 * Reads `bytes[start, end)` of a request. The machine neither writes to the bytes nor keeps them.
 * @returns the index behind the last taken byte: behind the empty line when `reader.done`, at the byte of the fault with a
 * `reader.fault`, otherwise `end`. A machine that is done or at fault takes no more bytes.
 */
export function readRequestHead(
  reader: HttpHeadReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: HeadLimits,
): number {
  return readHead(OF_REQUEST, reader, bytes, start, end, limits);
}

/** Reads `bytes[start, end)` of a response, as {@link readRequestHead} does of a request. */
export function readResponseHead(
  reader: HttpHeadReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: HeadLimits,
): number {
  return readHead(OF_RESPONSE, reader, bytes, start, end, limits);
}

const OF_REQUEST: HeadOf = { takeStartLine: takeRequestLine, faultOf: requestFault };
const OF_RESPONSE: HeadOf = { takeStartLine: takeStatusLine, faultOf: responseFault };

function readHead(
  { takeStartLine, faultOf }: HeadOf,
  reader: HttpHeadReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: HeadLimits,
): number {
  for (let at = start; at < end; at += 1) {
    if (reader.done || reader.fault !== null) return at;
    const byte = bytes[at]!;
    const isInStartLine = byte !== LF && reader.position <= Position.StatusText;
    const kind =
      faultOfLimits(reader, limits) ??
      (isInStartLine ? takeStartLine(reader, byte) : faultOfByte(reader, byte, limits));
    if (kind !== null) {
      reader.fault = faultOf(kind, reader.byteCount);
      return at;
    }
    reader.byteCount += 1;
    reader.lineBytes = byte === LF ? 0 : reader.lineBytes + 1;
  }
  return end;
}

/**
 * Makes the machine ready for the head after a 1xx response (RFC 9110 §15.2). The counts of bytes and header lines go on.
 * Otherwise a server could send interim responses for ever.
 */
export function restartHttpHead(reader: HttpHeadReader): void {
  if (!reader.done) throw new Error("bug: a head was restarted before it was complete");
  reader.position = firstPosition(reader.kind);
  reader.done = false;
  reader.statusText = "";
  reader.headers = [];
}

/**
 * Whether the limits allow one byte more. The limits are judged before the byte, so that they do not depend on its value.
 */
function faultOfLimits(reader: HttpHeadReader, limits: HeadLimits): HandshakeFaultKind | null {
  const isHeadFull = reader.byteCount >= limits.headBytes;
  if (!isHeadFull && reader.lineBytes < limits.lineBytes) return null;
  const isStartLine =
    reader.position <= Position.StatusText || reader.position === Position.StartLineFeed;
  // RFC 9112 §3 has a status of its own for a request line that is too long, for each of the limits.
  if (isStartLine && reader.kind === "request" && reader.lineBytes > 0) {
    return "request-line-too-long";
  }
  return isHeadFull ? "head-too-large" : "line-too-long";
}

/** Takes one byte behind the start line, or any line feed. @returns the fault when the byte may not stand here; the machine is unchanged then. */
function faultOfByte(
  reader: HttpHeadReader,
  byte: number,
  limits: HeadLimits,
): HandshakeFaultKind | null {
  if (byte === LF) return takeLineFeed(reader);
  switch (reader.position) {
    case Position.LineStart:
      return takeLineStart(reader, byte, limits);
    case Position.Name:
      return takeName(reader, byte);
    case Position.ValueStart:
    case Position.Value:
      return takeValue(reader, byte);
    default:
      // The byte stands behind a CR. RFC 9112 §2.2 would also allow a recipient to read the CR as a space, but such a CR
      // may hide a field.
      return "bare-carriage-return";
  }
}

/**
 * RFC 9112 §2.2 lets a recipient take a single LF as a line end. The engine does not: if two recipients differ there,
 * requests can be smuggled.
 */
function takeLineFeed(reader: HttpHeadReader): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.StartLineFeed:
    case Position.HeaderLineFeed:
      // A field is complete only when the next line has begun, because the next line may be a fold.
      reader.position = Position.LineStart;
      return null;
    case Position.EmptyLineFeed:
      reader.done = true;
      return null;
    case Position.PrecedingLineFeed:
      reader.position = Position.MethodStart;
      return null;
    default:
      return "bare-line-feed";
  }
}

/** The first byte of a line: of a header line, of the empty line, or of a line that continues the header line before. */
function takeLineStart(
  reader: HttpHeadReader,
  byte: number,
  limits: HeadLimits,
): HandshakeFaultKind | null {
  if (isWhitespaceCode(byte)) return takeFold(reader);
  endHeader(reader);
  if (byte === CR) {
    reader.position = Position.EmptyLineFeed;
    return null;
  }
  if (!isTokenCode(byte)) return "header-name-malformed";
  if (reader.headerCount >= limits.headers) return "too-many-headers";
  reader.headerCount += 1;
  reader.position = Position.Name;
  return keep(reader, byte);
}

/**
 * RFC 9112 §5.2: a user agent MUST replace a fold by spaces, and a server may refuse a fold. §2.2: whitespace behind the
 * start line is no fold, since no field stands before it.
 */
function takeFold(reader: HttpHeadReader): HandshakeFaultKind | null {
  if (reader.kind === "request" || reader.headerName === "") {
    return "obsolete-folding";
  }
  reader.position = Position.ValueStart;
  return reader.elementLength === 0 ? null : keep(reader, SP);
}

/** The field of the lines before is complete. */
function endHeader(reader: HttpHeadReader): void {
  if (reader.headerName === "") return;
  reader.headers.push([reader.headerName, takeElement(reader)]);
  reader.headerName = "";
}

function takeName(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  if (isTokenCode(byte)) return keep(reader, byte);
  if (byte === COLON) {
    reader.headerName = takeElement(reader);
    reader.position = Position.ValueStart;
    return null;
  }
  // RFC 9112 §5.1: intermediaries have read such a name in different ways, so a server MUST refuse it.
  return isWhitespaceCode(byte) ? "space-before-colon" : "header-name-malformed";
}

function takeValue(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  if (byte === CR) {
    trimElement(reader);
    reader.position = Position.HeaderLineFeed;
    return null;
  }
  if (!isFieldValueCode(byte)) return "header-value-malformed";
  // RFC 9110 §5.5: the whitespace around a value is no part of it.
  if (reader.position === Position.ValueStart && isWhitespaceCode(byte)) return null;
  reader.position = Position.Value;
  return keep(reader, byte);
}

function trimElement(reader: HttpHeadReader): void {
  let length = reader.elementLength;
  while (length > 0 && isWhitespaceCode(reader.element[length - 1]!)) length -= 1;
  reader.elementLength = length;
}
