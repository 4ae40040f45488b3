/**
 * The authority of a URI, host and port (RFC 3986 §3.2, without the userinfo, which neither a WebSocket URI nor an Origin
 * may have): judged, and brought into the one spelling in which two hosts can be compared.
 */
import { hexDigitValue, isDigit } from "../bytes/digit.ts";
import { formatIpv6Address, parseIpv6Address } from "./ipv6-address.ts";

/** The two parts as they were written. */
export interface WrittenAuthority {
  /** Square brackets included. */
  readonly host: string;
  /** "" when there is none. */
  readonly port: string;
}

const PERCENT = 0x25;
const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;
const MAX_PORT = 65_535;

/** A number that no port has: the default port of what has none. */
export const NO_PORT = -1;

/** Parts `text` at the colon that begins the port, and judges neither part. */
export function splitAuthority(text: string): WrittenAuthority {
  // Colons inside the brackets belong to the address. Without a second bracket the whole text is a host, and a malformed
  // one.
  const bracket = text.startsWith("[") ? text.indexOf("]") : 0;
  const colon = bracket === -1 ? -1 : text.indexOf(":", bracket);
  if (colon === -1) return { host: text, port: "" };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/** The index in `text` behind the authority that begins at `start`: of the path, of the query, or the end. */
export function authorityEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !isAuthorityEnd(text.charCodeAt(end))) end += 1;
  return end;
}

function isAuthorityEnd(code: number): boolean {
  return code === SLASH || code === QUESTION_MARK;
}

/**
 * The further characters that URL parsers allow in names (url.spec.whatwg.org, "forbidden domain code point"): the client
 * needs them for the URL of an application.
 */
export const URL_NAME_CHARACTERS = '"`{}';

/**
 * The host in its usual spelling: lower case (RFC 3986 §6.2.2.1), without percent-encoding (§6.2.2.2), an IPv6 address
 * as RFC 5952 has it and without its brackets, so that a colon in it says that it is one.
 *
 * The function asks no DNS, and does not read "127.1" as an address. Two spellings that only a resolver would call the same
 * are two hosts here.
 * @param further characters of names, besides those of RFC 3986 §3.2.2.
 * @returns null for a malformed or empty host. A name with characters outside ASCII is malformed: the conversion to its
 * ASCII form ("xn--") needs tables of Unicode, which the engine does not have.
 */
export function normalizeHost(host: string, further: string = ""): string | null {
  if (host.startsWith("[")) {
    const groups = host.endsWith("]") ? parseIpv6Address(host.slice(1, -1)) : null;
    return groups === null ? null : formatIpv6Address(groups);
  }
  let name = "";
  for (let at = 0; at < host.length; at += 1) {
    let code = host.charCodeAt(at);
    if (code === PERCENT) {
      code = percentDecoded(host, at);
      at += 2;
    }
    const character = String.fromCharCode(code);
    if (!isRegNameCode(code) && !further.includes(character)) return null;
    name += character;
  }
  // The text is ASCII now, so this call changes A to Z only.
  return name === "" ? null : name.toLowerCase();
}

/** The byte of the percent-encoding that begins at `at`; -1 when it is malformed (RFC 3986 §2.1). */
function percentDecoded(text: string, at: number): number {
  const high = hexDigitValue(text.charCodeAt(at + 1));
  const low = hexDigitValue(text.charCodeAt(at + 2));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

/** RFC 3986 §3.2.2, `reg-name`: unreserved and sub-delims. Numbers and dots are among them, and so are IPv4 addresses. */
function isRegNameCode(code: number): boolean {
  if (isDigit(code)) return true;
  const letter = code | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return true;
  return "-._~!$&'()*+,;=".includes(String.fromCharCode(code));
}

/**
 * The number of a port as it was written. RFC 3986 §3.2.3: an empty one means the default; leading zeros mean nothing.
 * @returns null when it is no number from 0 to 65535.
 */
export function parsePort(port: string, defaultPort: number): number | null {
  if (port === "") return defaultPort;
  let number = 0;
  for (let at = 0; at < port.length; at += 1) {
    const code = port.charCodeAt(at);
    if (!isDigit(code)) return null;
    number = number * 10 + code - 0x30;
    if (number > MAX_PORT) return null;
  }
  return number;
}

/** A normalized host, with the brackets that an IPv6 address needs here, and the port unless it is the default one. */
export function formatAuthority(host: string, port: number, defaultPort: number): string {
  const written = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort ? written : `${written}:${port}`;
}
