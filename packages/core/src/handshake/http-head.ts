/**
 * The head of an HTTP/1.1 message, from bytes to a start line and a header list (RFC 9112).
 *
 * A machine that is shown one byte at a time: each is examined once and judged at once, so the result, the fault and
 * its offset cannot depend on how the stream was cut, and the work is linear however slowly a peer dribbles
 * (CVE-2023-43669 was a parser that began again with every read). It stops behind the empty line; what follows belongs
 * to the connection and is never touched. No faster path over runs of bytes: a browser's head of 467 bytes takes 11 µs
 * (Node 20), once per connection.
 *
 * Strict where leniency would let two readers of one head disagree: lines end in CR LF and nothing else, no folding in a
 * request, no space before the colon, one space between the parts of a request line.
 */
import { isFieldValueCode, isTokenCode, isWhitespaceCode } from "../bytes/http-token.ts";
import { decodeLatin1 } from "../bytes/latin1.ts";
import {
  type HandshakeFault,
  HandshakeFaultKind,
  handshakeFault,
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

/** Plain data. Readers: everything from `done` on; the rest is the machine's. */
export interface HttpHeadReader {
  readonly kind: "request" | "response";
  position: Position;
  /** The element being read (a method, a name, a value), without the delimiters around it. */
  element: Uint8Array<ArrayBuffer>;
  elementLength: number;
  /** How many bytes of "HTTP/1." were seen; how many digits of a status code. */
  matched: number;
  /** Of the field whose value is being read, or whose line may go on in the next one. */
  headerName: string;
  lineBytes: number;
  headerCount: number;
  /** Bytes taken from the stream, all heads together. The byte of a fault is not taken. */
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

/** Where in the grammar the next byte stands; the parts of a start line come first, so that one can ask for them. */
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

/** RFC 9112 §2.3, as far as every version that we read goes: case-sensitive. */
const VERSION_PREFIX = "HTTP/1.";
/** In the prefix, where the major version stands. */
const MAJOR_VERSION_AT = 5;

/** Most elements fit; one that did not, a cookie as a rule, does not keep its buffer for the rest of the head. */
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

/**
 * Shows the machine `bytes[start, end)`, which it only reads and does not keep.
 * @returns the index behind the last byte taken: behind the empty line when `reader.done`, at the byte that proves it
 * when there is a `reader.fault`, otherwise `end`. Done or at fault, it takes nothing more.
 */
export function readHttpHead(
  reader: HttpHeadReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: HeadLimits,
): number {
  for (let at = start; at < end; at += 1) {
    if (reader.done || reader.fault !== null) return at;
    const byte = bytes[at]!;
    const kind = faultOfLimits(reader, limits) ?? faultOfByte(reader, byte, limits);
    if (kind !== null) {
      const faultOf = reader.kind === "request" ? handshakeFault : responseFault;
      reader.fault = faultOf(kind, reader.byteCount);
      return at;
    }
    reader.byteCount += 1;
    reader.lineBytes = byte === LF ? 0 : reader.lineBytes + 1;
  }
  return end;
}

/**
 * Makes the machine ready for the head after a 1xx response (RFC 9110 §15.2). The bytes and header lines so far keep
 * counting, or a server could send interim responses for ever.
 */
export function restartHttpHead(reader: HttpHeadReader): void {
  if (!reader.done) throw new Error("bug: a head was restarted before it was complete");
  reader.position = firstPosition(reader.kind);
  reader.done = false;
  reader.statusText = "";
  reader.headers = [];
}

/** Whether there is room for one byte more. Judged before the byte is: a limit does not depend on what comes. */
function faultOfLimits(reader: HttpHeadReader, limits: HeadLimits): HandshakeFaultKind | null {
  const isHeadFull = reader.byteCount >= limits.headBytes;
  if (!isHeadFull && reader.lineBytes < limits.lineBytes) return null;
  const isStartLine =
    reader.position <= Position.StatusText || reader.position === Position.StartLineFeed;
  // RFC 9112 §3 has a status of its own for a request line that is too long, whatever it is too long for.
  if (isStartLine && reader.kind === "request" && reader.lineBytes > 0) {
    return HandshakeFaultKind.RequestLineTooLong;
  }
  return isHeadFull ? HandshakeFaultKind.HeadTooLarge : HandshakeFaultKind.LineTooLong;
}

/** Takes one byte; when it may not stand here, says so and leaves the machine as it was. */
function faultOfByte(
  reader: HttpHeadReader,
  byte: number,
  limits: HeadLimits,
): HandshakeFaultKind | null {
  if (byte === LF) return takeLineFeed(reader);
  if (reader.position <= Position.RequestLineEnd) return takeRequestLine(reader, byte);
  if (reader.position <= Position.StatusText) return takeStatusLine(reader, byte);
  switch (reader.position) {
    case Position.LineStart:
      return takeLineStart(reader, byte, limits);
    case Position.Name:
      return takeName(reader, byte);
    case Position.ValueStart:
    case Position.Value:
      return takeValue(reader, byte);
    default:
      // Behind a CR. RFC 9112 §2.2 would also allow to read it as a space; but then it may hide a field.
      return HandshakeFaultKind.BareCarriageReturn;
  }
}

/** RFC 9112 §2.2 lets a recipient take a LF alone for a line end. Where two recipients differ, requests are smuggled. */
function takeLineFeed(reader: HttpHeadReader): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.StartLineFeed:
      reader.position = Position.LineStart;
      return null;
    case Position.HeaderLineFeed:
      // The field is whole once the next line has begun: that may be a fold.
      reader.position = Position.LineStart;
      return null;
    case Position.EmptyLineFeed:
      reader.done = true;
      return null;
    case Position.PrecedingLineFeed:
      reader.position = Position.MethodStart;
      return null;
    default:
      return HandshakeFaultKind.BareLineFeed;
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
      if (byte !== SP) return HandshakeFaultKind.TargetMalformed;
      reader.target = takeElement(reader);
      reader.position = Position.RequestVersion;
      return null;
    case Position.RequestVersion:
      return takeVersion(
        reader,
        byte,
        Position.RequestLineEnd,
        HandshakeFaultKind.RequestLineMalformed,
      );
    default:
      if (byte !== CR) break;
      reader.position = Position.StartLineFeed;
      return null;
  }
  return HandshakeFaultKind.RequestLineMalformed;
}

/** RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ] CRLF. */
function takeStatusLine(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.ResponseVersion:
      return takeVersion(
        reader,
        byte,
        Position.StatusCodeStart,
        HandshakeFaultKind.StatusLineMalformed,
      );
    case Position.StatusCodeStart:
      if (byte !== SP) break;
      reader.statusCode = 0;
      reader.position = Position.StatusCode;
      return null;
    case Position.StatusCode:
      if (reader.matched < 3) {
        // No status begins with 0. Those from 600 on mean nothing (RFC 9110 §15) but are sent, and a client may say so.
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
      // Not the grammar: servers without a reason phrase often leave out the space too (h2o/picohttpparser #47). A
      // client alone reads it and nothing can be hidden behind it, so this once we are as lenient as all clients.
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
  return HandshakeFaultKind.StatusLineMalformed;
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
      return isOtherMajor ? HandshakeFaultKind.HttpVersionUnsupported : malformed;
    }
    reader.matched += 1;
    return null;
  }
  if (!isDigit(byte)) return malformed;
  if (byte > 0x31) return HandshakeFaultKind.HttpVersionUnsupported;
  reader.minorVersion = byte === 0x31 ? 1 : 0;
  reader.matched = 0;
  reader.position = next;
  return null;
}

/** The first byte of a line: of a header, of the empty line, or of one that goes on with the header before. */
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
  if (!isTokenCode(byte)) return HandshakeFaultKind.HeaderNameMalformed;
  if (reader.headerCount >= limits.headers) return HandshakeFaultKind.TooManyHeaders;
  reader.headerCount += 1;
  reader.position = Position.Name;
  return keep(reader, byte);
}

/**
 * RFC 9112 §5.2: a user agent MUST replace a fold by spaces, a server may refuse it. §2.2: whitespace behind the start
 * line continues nothing.
 */
function takeFold(reader: HttpHeadReader): HandshakeFaultKind | null {
  if (reader.kind === "request" || reader.headerName === "") {
    return HandshakeFaultKind.ObsoleteFolding;
  }
  reader.position = Position.ValueStart;
  return reader.elementLength === 0 ? null : keep(reader, SP);
}

/** The field of the lines before is whole. */
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
  return isWhitespaceCode(byte)
    ? HandshakeFaultKind.SpaceBeforeColon
    : HandshakeFaultKind.HeaderNameMalformed;
}

function takeValue(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  if (byte === CR) {
    trimElement(reader);
    reader.position = Position.HeaderLineFeed;
    return null;
  }
  if (!isFieldValueCode(byte)) return HandshakeFaultKind.HeaderValueMalformed;
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
