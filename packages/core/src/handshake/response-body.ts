/**
 * The body of a server's refusal (RFC 9112 §6 and §7), for the client's error. Servers often put the reason into the body.
 *
 * The engine keeps only the bytes that the application may read, and then stops. Malformed framing costs only the end of
 * the body: the connection closes in any case, and no second message follows.
 */

import { hexDigitValue } from "../bytes/digit.ts";
import { appendBytes, createGrowingBytes, type GrowingBytes } from "../bytes/growing-bytes.ts";
import { isFieldValueCode, isWhitespaceCode } from "../bytes/http-token.ts";
import { contentLengthOf, hasTransferCoding, isChunkedLast } from "./body-length.ts";
import type { HeaderList } from "./header-list.ts";

/** The parts of a head that tell the length of the body. */
export interface ResponseBodyHead {
  readonly status: number;
  readonly headers: HeaderList;
  /** Of HTTP/1.x. Default 1. */
  readonly minorVersion?: 0 | 1;
}

/** Plain data. Callers read `bytes` and the fields behind it; the other fields are private to the machine. */
export interface ResponseBody {
  /** The most bytes to keep. */
  readonly limit: number;
  /** The body has the chunked coding (RFC 9112 §7.1). */
  readonly isChunked: boolean;
  /** @internal */
  position: Position;
  /** Missing bytes of the chunk or of the body; Infinity when only the end of the stream ends the body. */
  left: number;
  /** @internal */
  gathered: GrowingBytes;
  /**
   * The kept bytes, at most `limit`, without the framing of chunks. When `done`, an exact array of its own; before, a view
   * that is valid until the next call.
   */
  bytes: Uint8Array;
  /** The machine takes no more bytes. */
  done: boolean;
  /** The body has more than `limit` bytes. */
  truncated: boolean;
  /** The chunks are malformed, or the stream ended inside the body. `bytes` has the bytes before the fault. */
  malformed: boolean;
}

/** The place of the next byte in the grammar. All places except the first belong to the chunked coding (RFC 9112 §7.1). */
const Position = {
  Data: 0,
  SizeStart: 1,
  Size: 2,
  Extension: 3,
  SizeLineFeed: 4,
  DataCarriageReturn: 5,
  DataLineFeed: 6,
  TrailerStart: 7,
  Trailer: 8,
  TrailerLineFeed: 9,
  EndLineFeed: 10,
} as const;
type Position = (typeof Position)[keyof typeof Position];

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

/** @param limit the most bytes to keep. 0: the engine does not wait for the body either. */
export function createResponseBody(head: ResponseBodyHead, limit: number): ResponseBody {
  const isChunked = mayHaveBody(head.status) && isChunkedBody(head);
  const left = isChunked || !mayHaveBody(head.status) ? 0 : bodyLength(head);
  const isEmpty = !isChunked && left === 0;
  return {
    limit,
    isChunked,
    position: isChunked ? Position.SizeStart : Position.Data,
    left,
    gathered: createGrowingBytes(0, limit),
    bytes: new Uint8Array(0),
    done: isEmpty || limit === 0,
    truncated: !isEmpty && limit === 0,
    malformed: false,
  };
}

/** RFC 9112 §6.3, number 1: responses with these statuses have no body, whatever their fields say. */
function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/** RFC 9112 §6.3, number 4: chunked is the last coding. Codings under it stay as they are. */
function isChunkedBody(head: ResponseBodyHead): boolean {
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings; a response that names one has faulty framing.
  if (head.minorVersion === 0) return false;
  return isChunkedLast(head.headers);
}

/** RFC 9112 §6.3, numbers 4 to 8, without the chunked coding: Infinity when the body ends with the stream. */
function bodyLength({ headers }: ResponseBodyHead): number {
  if (hasTransferCoding(headers)) return Number.POSITIVE_INFINITY;
  // Lengths that differ, and malformed lengths, do not count.
  const length = contentLengthOf(headers);
  return length === null || Number.isNaN(length) ? Number.POSITIVE_INFINITY : length;
}

/**
 * Reads `bytes[start, end)`. The machine neither writes to the bytes nor keeps them. The result does not depend on how the
 * stream was cut.
 * @returns the index behind the last taken byte: `end`, or the place where the body was done. A byte above the limit and a
 * malformed byte are not taken.
 */
export function readResponseBody(
  body: ResponseBody,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let at = start;
  while (at < end && !body.done) {
    if (body.position === Position.Data) {
      at += takeData(body, bytes, at, end);
    } else if (takeFraming(body, bytes[at]!)) {
      at += 1;
    } else {
      body.malformed = true;
      body.done = true;
    }
  }
  showGathered(body);
  return at;
}

/** The stream has ended. */
export function endResponseBody(body: ResponseBody): void {
  if (body.done) return;
  // RFC 9112 §8: the body is incomplete, unless the end of the stream is its proper end.
  body.malformed = body.left !== Number.POSITIVE_INFINITY;
  body.done = true;
  showGathered(body);
}

function showGathered(body: ResponseBody): void {
  const { bytes, length } = body.gathered;
  if (body.done) body.bytes = bytes.length === length ? bytes : bytes.slice(0, length);
  else if (body.bytes.length !== length) body.bytes = bytes.subarray(0, length);
}

/** @returns the number of taken bytes. */
function takeData(body: ResponseBody, bytes: Uint8Array, start: number, end: number): number {
  const { gathered, limit } = body;
  const size = Math.min(body.left, end - start);
  const kept = Math.min(size, limit - gathered.length);
  appendBytes(gathered, bytes, start, start + kept, limit);
  if (kept < size) {
    body.truncated = true;
    body.done = true;
    return kept;
  }
  body.left -= size;
  if (body.left === 0) {
    if (body.isChunked) body.position = Position.DataCarriageReturn;
    else body.done = true;
  }
  return size;
}

/** @returns false for a byte that cannot stand there. */
function takeFraming(body: ResponseBody, byte: number): boolean {
  switch (body.position) {
    case Position.SizeStart:
      body.position = Position.Size;
      return takeSizeDigit(body, byte);
    case Position.Size:
      if (takeSizeDigit(body, byte)) return true;
      // RFC 9112 §7.1.1: whitespace may stand before the semicolon, and some servers pad the size with it.
      if (byte === SEMICOLON || isWhitespaceCode(byte)) body.position = Position.Extension;
      else if (byte === CR) body.position = Position.SizeLineFeed;
      else return false;
      return true;
    // The machine skips chunk extensions (§7.1.1) and trailers (§7.1.2). They cost only time, and a deadline bounds the
    // time.
    case Position.Extension:
      return skipToLineEnd(body, byte, Position.SizeLineFeed);
    case Position.SizeLineFeed:
      body.position = body.left === 0 ? Position.TrailerStart : Position.Data;
      return byte === LF;
    case Position.DataCarriageReturn:
      body.position = Position.DataLineFeed;
      return byte === CR;
    case Position.DataLineFeed:
      body.position = Position.SizeStart;
      return byte === LF;
    case Position.TrailerStart:
      body.position = Position.Trailer;
      return skipToLineEnd(body, byte, Position.EndLineFeed);
    case Position.Trailer:
      return skipToLineEnd(body, byte, Position.TrailerLineFeed);
    case Position.TrailerLineFeed:
      body.position = Position.TrailerStart;
      return byte === LF;
    case Position.EndLineFeed:
      body.done = byte === LF;
      return byte === LF;
    default:
      throw new Error(`bug: byte at position ${body.position} of a chunked body`);
  }
}

function skipToLineEnd(body: ResponseBody, byte: number, lineFeed: Position): boolean {
  if (byte === CR) body.position = lineFeed;
  return byte === CR || isFieldValueCode(byte);
}

function takeSizeDigit(body: ResponseBody, byte: number): boolean {
  const digit = hexDigitValue(byte);
  if (digit === -1) return false;
  body.left = body.left * 16 + digit;
  // RFC 9112 §7.1: recipients MUST anticipate large sizes. No stream reaches such a size.
  return body.left <= Number.MAX_SAFE_INTEGER;
}
