/** The body of a refusal (RFC 9112 §6 and §7), read from its beginning each time that more of it has arrived. */
import type { ReadHead } from "./http-head.ts";
import { contentLength, hasTransferCoding, isChunkedLast } from "./opening.ts";
import { latin1 } from "./terms.ts";

/** The part of a body that has arrived. */
export interface BodySoFar {
  /** At most the limit. */
  readonly bytes: Uint8Array;
  /** No more is wanted. */
  readonly isDone: boolean;
  /** The body is longer, malformed, or its end has not come. */
  readonly isTruncated: boolean;
}

/** @param isEnded the stream has ended behind `bytes`. */
export function readBody(
  head: ReadHead,
  bytes: Uint8Array,
  limit: number,
  isEnded: boolean,
): BodySoFar {
  const { status, minorVersion, headers } = head;
  // RFC 9112 §6.3, number 1.
  const hasNone = status < 200 || status === 204 || status === 304;
  const isChunked = minorVersion === 1 && isChunkedLast(headers);
  if (hasNone) return { bytes: new Uint8Array(0), isDone: true, isTruncated: false };
  if (isChunked) {
    if (limit === 0) return { bytes: new Uint8Array(0), isDone: true, isTruncated: true };
    return readChunks(bytes, limit, isEnded);
  }
  const announced = hasTransferCoding(headers) ? null : contentLength(headers);
  const length =
    announced === null || Number.isNaN(announced) ? Number.POSITIVE_INFINITY : announced;
  if (length === 0) return { bytes: new Uint8Array(0), isDone: true, isTruncated: false };
  if (limit === 0) return { bytes: new Uint8Array(0), isDone: true, isTruncated: true };
  const body = bytes.slice(0, Math.min(length, bytes.length));
  if (body.length > limit) {
    return { bytes: body.slice(0, limit), isDone: true, isTruncated: true };
  }
  if (body.length === length) return { bytes: body, isDone: true, isTruncated: false };
  const isWhole = length === Number.POSITIVE_INFINITY;
  return { bytes: body, isDone: isEnded, isTruncated: isEnded && !isWhole };
}

/** RFC 9112 §7.1. */
function readChunks(bytes: Uint8Array, limit: number, isEnded: boolean): BodySoFar {
  const text = String.fromCharCode(...bytes);
  let body = "";
  let at = 0;
  const outcome = (isDone: boolean, isTruncated: boolean): BodySoFar => ({
    bytes: latin1(body),
    isDone,
    isTruncated,
  });
  const waiting = (): BodySoFar => outcome(isEnded, isEnded);
  for (;;) {
    // Each part of the framing is complete, begun, or malformed. A begun part is the beginning of a complete one.
    const size = /^([0-9a-f]+)(?:[; \t][\t -~\x80-\xff]*)?\r\n/i.exec(text.slice(at));
    if (size === null) {
      const isBegun = /^(?:[0-9a-f]*|[0-9a-f]+\r|[0-9a-f]+[; \t][\t -~\x80-\xff]*\r?)$/i.test(
        text.slice(at),
      );
      const digits = /^[0-9a-f]*/i.exec(text.slice(at))![0];
      return isBegun && isCountable(digits) ? waiting() : outcome(true, true);
    }
    if (!isCountable(size[1]!)) return outcome(true, true);
    at += size[0].length;
    const length = Number.parseInt(size[1]!, 16);
    if (length === 0) break;
    const data = text.slice(at, at + length);
    if (body.length + data.length > limit) {
      body += data.slice(0, limit - body.length);
      return outcome(true, true);
    }
    body += data;
    at += data.length;
    if (data.length < length) return waiting();
    const end = text.slice(at, at + 2);
    if (end !== "\r\n".slice(0, end.length)) return outcome(true, true);
    if (end.length < 2) return waiting();
    at += 2;
  }
  // §7.1.2: trailers, and the empty line.
  const trailers = /^(?:[\t -~\x80-\xff]+\r\n)*\r\n/.exec(text.slice(at));
  if (trailers !== null) return outcome(true, false);
  const isBegun = /^(?:[\t -~\x80-\xff]+\r\n)*(?:[\t -~\x80-\xff]*\r?)$/.test(text.slice(at));
  return isBegun ? waiting() : outcome(true, true);
}

function isCountable(hexDigits: string): boolean {
  return BigInt(`0x0${hexDigits}`) <= BigInt(Number.MAX_SAFE_INTEGER);
}
