/**
 * Where the body of an HTTP/1.x message ends, as its head says (RFC 9112 §6.3). Whoever reads the length in another way than
 * the next one on the path takes the end of one message for the beginning of another: request smuggling.
 */
import { equalsIgnoringCase, trimWhitespace } from "../bytes/http-token.ts";
import { type HeaderList, headerValues } from "./header-list.ts";

/**
 * The Content-Length (RFC 9110 §8.6). The same length several times, in several fields or in one list, is one length
 * (RFC 9112 §6.3, number 5).
 * @returns null when there is none; NaN when it is malformed, or when two differ; Infinity above 2^53 - 1.
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
    const digit = digits.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    length = length * 10 + digit;
  }
  if (digits === "") return Number.NaN;
  return length > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : length;
}

/** Whether there is a transfer coding at all, chunked or not. */
export function hasTransferCoding(headers: HeaderList): boolean {
  return headerValues(headers, "transfer-encoding").length > 0;
}

/** RFC 9112 §6.3, number 4: only a body whose last coding is chunked says where it ends. */
export function isChunkedLast(headers: HeaderList): boolean {
  const codings = headerValues(headers, "transfer-encoding").join(",");
  return equalsIgnoringCase(trimWhitespace(codings, codings.lastIndexOf(",") + 1), "chunked");
}
