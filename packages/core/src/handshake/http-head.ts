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
import { decodeLatin1 } from "../bytes/latin1.ts";
import {
  type HandshakeFault,
  type HandshakeFaultKind,
  requestFault,
  responseFault,
} from "./handshake-fault.ts";
import { isTargetCode } from "./request-target.ts";

/** Counted per stream, with every 1xx response before the final one. */
export interface HeadLimits {
  /** Bytes of all heads, line ends included. */
  readonly headBytes: number;
  /** Header lines of all heads. */
  readonly headers: number;
  /** Bytes of one line, its CR LF included. */
  readonly lineBytes: number;
}

/** Plain data. Callers read the fields from `done` on; the other fields are private to the machine. */
export interface HttpHeadReader {
  readonly kind: "request" | "response";
  position: Position;
  /** The element being read (a method, a name, a value), without the delimiters around it. */
  element: Uint8Array<ArrayBuffer>;
  elementLength: number;
  /** The number of bytes of "HTTP/1." that were read, or of digits of a status code. */
  matched: number;
  /** The name of the field whose value is being read, or whose line may continue in the next line. */
  headerName: string;
  lineBytes: number;
  headerCount: number;
  /** Bytes taken from the stream, of all heads together. The byte of a fault does not count. */
  byteCount: number;
  /** The head is complete. */
  done: boolean;
  fault: HandshakeFault | null;
  /** Request: the method, case as sent. */
  method: string;
  /** Request: the request-target as sent. */
  target: string;
  /** Of "HTTP/1.x". */
  minorVersion: 0 | 1;
  /** Response: 100 to 999. */
  statusCode: number;
  /** Response: the reason phrase, "" when there is none. */
  statusText: string;
  /** Without the whitespace around the values; bytes above 0x7f are the characters of the same number. */
  headers: [name: string, value: string][];
}

/** The place of the next byte in the grammar. The parts of a start line come first, so that one comparison finds them. */
const Position = {
  MethodStart: 0,
  Method: 1,
  TargetStart: 2,
  Target: 3,
  RequestVersion: 4,
  RequestLineEnd: 5,
  ResponseVersion: 6,
  StatusCodeStart: 7,
  StatusCode: 8,
  StatusText: 9,
  LineStart: 10,
  Name: 11,
  ValueStart: 12,
  Value: 13,
  /** Behind the CR of a start line, of a header line, of the empty line. */
  StartLineFeed: 14,
  HeaderLineFeed: 15,
  EmptyLineFeed: 16,
  /** Behind the CR of an empty line before the request line. */
  PrecedingLineFeed: 17,
} as const;
type Position = (typeof Position)[keyof typeof Position];

const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const COLON = 0x3a;

/** RFC 9112 §2.3: the common, case-sensitive prefix of the versions that the engine reads. */
const VERSION_PREFIX = "HTTP/1.";
/** The index of the major version in the prefix. */
const MAJOR_VERSION_AT = 5;

/**
 * Most elements fit into this size. A longer element, usually a cookie, gives its buffer up before the rest of the head.
 */
const ELEMENT_CAPACITY = 256;

export function createHttpHeadReader(kind: "request" | "response"): HttpHeadReader {
  return {
    kind,
    position: firstPosition(kind),
    element: new Uint8Array(ELEMENT_CAPACITY),
    elementLength: 0,
    matched: 0,
    headerName: "",
    lineBytes: 0,
    headerCount: 0,
    byteCount: 0,
    done: false,
    fault: null,
    method: "",
    target: "",
    minorVersion: 1,
    statusCode: 0,
    statusText: "",
    headers: [],
  };
}

function firstPosition(kind: "request" | "response"): Position {
  return kind === "request" ? Position.MethodStart : Position.ResponseVersion;
}

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
      reader.position = Position.LineStart;
      return null;
    case Position.HeaderLineFeed:
      // The field is complete only when the next line has begun, because the next line may be a fold.
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

/** RFC 9112 §3: method SP request-target SP HTTP-version CRLF. */
function takeRequestLine(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.MethodStart:
    case Position.Method:
      if (isTokenCode(byte)) {
        reader.position = Position.Method;
        return keep(reader, byte);
      }
      if (reader.position === Position.MethodStart) {
        // RFC 9112 §2.2: empty lines before the request line SHOULD be ignored. They count as bytes of the head.
        if (byte !== CR) break;
        reader.position = Position.PrecedingLineFeed;
        return null;
      }
      if (byte !== SP) break;
      reader.method = takeElement(reader);
      reader.position = Position.TargetStart;
      return null;
    case Position.TargetStart:
    case Position.Target:
      if (isTargetCode(byte)) {
        reader.position = Position.Target;
        return keep(reader, byte);
      }
      if (reader.position === Position.TargetStart) break;
      if (byte !== SP) return "target-malformed";
      reader.target = takeElement(reader);
      reader.position = Position.RequestVersion;
      return null;
    case Position.RequestVersion:
      return takeVersion(reader, byte, Position.RequestLineEnd, "request-line-malformed");
    default:
      if (byte !== CR) break;
      reader.position = Position.StartLineFeed;
      return null;
  }
  return "request-line-malformed";
}

/** RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ] CRLF. */
function takeStatusLine(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.ResponseVersion:
      return takeVersion(reader, byte, Position.StatusCodeStart, "status-line-malformed");
    case Position.StatusCodeStart:
      if (byte !== SP) break;
      reader.statusCode = 0;
      reader.position = Position.StatusCode;
      return null;
    case Position.StatusCode:
      if (reader.matched < 3) {
        // No status begins with 0. A status from 600 on has no meaning (RFC 9110 §15), but servers send some, and a client
        // may report it.
        if (!isDigit(byte) || (reader.matched === 0 && byte === 0x30)) break;
        reader.statusCode = reader.statusCode * 10 + (byte - 0x30);
        reader.matched += 1;
        return null;
      }
      if (byte === SP) {
        reader.matched = 0;
        reader.position = Position.StatusText;
        return null;
      }
      // This is no part of the grammar: servers without a reason phrase often leave out the space too (h2o/picohttpparser
      // #47). Only a client reads a status line, and no attack can use the missing space. So the engine is as lenient here
      // as all clients.
      if (byte !== CR) break;
      reader.matched = 0;
      reader.position = Position.StartLineFeed;
      return null;
    default:
      if (byte === CR) {
        reader.statusText = takeElement(reader);
        reader.position = Position.StartLineFeed;
        return null;
      }
      if (isFieldValueCode(byte)) return keep(reader, byte);
  }
  return "status-line-malformed";
}

/** RFC 9112 §2.3: "HTTP/" DIGIT "." DIGIT. Well-formed versions that are not 1.0 or 1.1 have a fault of their own. */
function takeVersion(
  reader: HttpHeadReader,
  byte: number,
  next: Position,
  malformed: HandshakeFaultKind,
): HandshakeFaultKind | null {
  if (reader.matched < VERSION_PREFIX.length) {
    if (byte !== VERSION_PREFIX.charCodeAt(reader.matched)) {
      const isOtherMajor = reader.matched === MAJOR_VERSION_AT && isDigit(byte);
      return isOtherMajor ? "http-version-unsupported" : malformed;
    }
    reader.matched += 1;
    return null;
  }
  if (!isDigit(byte)) return malformed;
  if (byte > 0x31) return "http-version-unsupported";
  reader.minorVersion = byte === 0x31 ? 1 : 0;
  reader.matched = 0;
  reader.position = next;
  return null;
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

function keep(reader: HttpHeadReader, byte: number): null {
  if (reader.elementLength === reader.element.length) {
    const larger = new Uint8Array(reader.element.length * 2);
    larger.set(reader.element);
    reader.element = larger;
  }
  reader.element[reader.elementLength] = byte;
  reader.elementLength += 1;
  return null;
}

function trimElement(reader: HttpHeadReader): void {
  let length = reader.elementLength;
  while (length > 0 && isWhitespaceCode(reader.element[length - 1]!)) length -= 1;
  reader.elementLength = length;
}

function takeElement(reader: HttpHeadReader): string {
  const text = decodeLatin1(reader.element, 0, reader.elementLength);
  if (reader.element.length > ELEMENT_CAPACITY) reader.element = new Uint8Array(ELEMENT_CAPACITY);
  reader.elementLength = 0;
  return text;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
