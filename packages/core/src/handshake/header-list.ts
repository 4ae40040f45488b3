/**
 * Header fields as they were on the wire: a list, in order, with the case and the repetitions of the peer. The list is no
 * object, because the peer chooses the names: "constructor" and "__proto__" must be names like any other
 * (GHSA-5v72-xg48-5rpm).
 */
import { describeCode, describeValue } from "../bytes/describe-value.ts";
import { requireList, requireString } from "../bytes/given-arguments.ts";
import {
  equalsIgnoringCase,
  isFieldValueCode,
  isToken,
  TOKEN_CHARACTERS,
  trimWhitespace,
} from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/** Names in the case they were sent in; characters of values are bytes (U+0000 to U+00FF). */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * Lower-case names of the fields that only the engine writes, in requests and in responses: the fields of the opening
 * handshake (RFC 6455 §4), and the fields that tell the end of a message (RFC 9112 §6).
 */
export const RESERVED_HEADERS: readonly string[] = [
  "connection",
  "content-length",
  "host",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "transfer-encoding",
  "upgrade",
];

/**
 * The values of every field of that name, in order, without the whitespace around them, which is no part of a value
 * (RFC 9110 §5.5).
 */
export function headerValues(headers: HeaderList, lowerCaseName: string): string[] {
  requireList("headers", headers);
  requireString("the name of a header", lowerCaseName);
  const values: string[] = [];
  for (const header of headers) {
    const [name, value] = Array.isArray(header) ? (header as readonly unknown[]) : [];
    if (typeof name !== "string" || typeof value !== "string") {
      throw new MisuseError("headers are a list of [name, value] pairs of strings");
    }
    if (equalsIgnoringCase(name, lowerCaseName)) values.push(trimWhitespace(value));
  }
  return values;
}

/**
 * Whether the comma-separated lists of these values have an element that is `lowerCaseToken` but for ASCII case.
 * RFC 9110 §5.6.1: several fields of one name are one list, and empty elements are ignored.
 */
export function hasListToken(values: readonly string[], lowerCaseToken: string): boolean {
  for (const value of values) {
    for (let start = 0; start <= value.length; ) {
      const comma = value.indexOf(",", start);
      const end = comma === -1 ? value.length : comma;
      if (equalsIgnoringCase(trimWhitespace(value, start, end), lowerCaseToken)) return true;
      start = end + 1;
    }
  }
  return false;
}

/**
 * Checks headers that the application wants to send. A line break on the wire would let the author of the value write
 * header lines, or a whole message (CVE-2026-1527).
 * @param reserved lower-case names of the fields that the engine writes itself.
 * @throws MisuseError for a name that is not a token or is reserved, and for a value with a control character other
 * than the tab or a character above U+00FF.
 */
export function checkOutgoingHeaders(headers: HeaderList, reserved: readonly string[]): void {
  requireList("headers", headers);
  for (let index = 0; index < headers.length; index += 1) {
    checkOutgoingHeader(`headers[${index}]`, headers[index], reserved);
  }
}

function checkOutgoingHeader(where: string, header: unknown, reserved: readonly string[]): void {
  if (!Array.isArray(header) || header.length !== 2) {
    throw new MisuseError(`${where} is not a [name, value] pair`);
  }
  const [name, value]: unknown[] = header;
  if (typeof name !== "string" || !isToken(name)) {
    throw new MisuseError(
      `${where}: the name ${describeValue(name)} is not a token (RFC 9110 §5.6.2): ${TOKEN_CHARACTERS} only`,
    );
  }
  if (reserved.some((lowerCaseName) => equalsIgnoringCase(name, lowerCaseName))) {
    throw new MisuseError(`${where}: ${name} is written by the engine: leave it out`);
  }
  if (typeof value !== "string") {
    throw new MisuseError(`${where}: the value of ${name} is not a string`);
  }
  checkOutgoingText(`${where}: the value of ${name}`, value);
}

/** @throws MisuseError when `text` may not stand in a line of an HTTP head (RFC 9110 §5.5). */
export function checkOutgoingText(where: string, text: string): void {
  requireString(where, text);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isFieldValueCode(code)) continue;
    throw new MisuseError(
      `${where} has ${describeCode(code)} at ${at}: control characters and characters above U+00FF may not be sent ` +
        "(RFC 9110 §5.5); encode them, for instance with encodeURIComponent",
    );
  }
}

/** The lines of a head, without the empty one; each part has been checked. */
export function formatHeaders(headers: HeaderList): string {
  let lines = "";
  for (const [name, value] of headers) lines += `${name}: ${value}\r\n`;
  return lines;
}
