/**
 * The end of the body of an HTTP/1.x message, as its head tells it (RFC 9112 §6.3). If two recipients on the path read
 * different lengths, one of them takes a part of a body for the next request (request smuggling).
 */
import { isDigit } from "../bytes/digit.ts";
import { equalsIgnoringCase, trimWhitespace } from "../bytes/http-token.ts";
import { type HeaderList, headerValues } from "./header-list.ts";

/**
 * The Content-Length (RFC 9110 §8.6). The same length several times, in several fields or in one list, is one length
 * (RFC 9112 §6.3, number 5).
 * @returns null without the field; NaN for a malformed length, or when two lengths differ; Infinity above 2^53 - 1.
 */
export function contentLengthOf(headers: HeaderList): number | null {
  const values = headerValues(headers, "content-length");
  if (values.length === 0) return null;
  const lengths = values.join(",").split(",").map(parseLength);
  const length = lengths[0]!;
  return lengths.every((other) => other === length) ? length : Number.NaN;
}

/** `1*DIGIT`; NaN when it is not. */
function parseLength(text: string): number {
  const digits = trimWhitespace(text);
  let length = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const code = digits.charCodeAt(at);
    if (!isDigit(code)) return Number.NaN;
    length = length * 10 + code - 0x30;
  }
  if (digits === "") return Number.NaN;
  return length > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : length;
}

/** Whether there is a transfer coding at all, chunked or not. */
export function hasTransferCoding(headers: HeaderList): boolean {
  return headerValues(headers, "transfer-encoding").length > 0;
}

/** RFC 9112 §6.3, number 4: only a body whose last coding is chunked tells its own end. */
export function isChunkedLast(headers: HeaderList): boolean {
  const codings = headerValues(headers, "transfer-encoding").join(",");
  return equalsIgnoringCase(trimWhitespace(codings, codings.lastIndexOf(",") + 1), "chunked");
}
