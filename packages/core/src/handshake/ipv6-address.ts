/**
 * IPv6 addresses as URIs write them (RFC 3986 §3.2.2, `IPv6address`). One address has many spellings, and the comparison of
 * hosts decides about access. So the engine reads an address into its eight groups, and writes them in the one spelling of
 * RFC 5952 §4, as browsers do.
 */
import { hexDigitValue, isDigit } from "../bytes/digit.ts";

const GROUPS = 8;
const DOT = 0x2e;
const COLON = 0x3a;

/**
 * @returns the eight groups of 16 bits, or null. A zone is refused, because a zone has no meaning for another host (RFC
 * 6874 §1).
 */
export function parseIpv6Address(text: string): number[] | null {
  const groups: number[] = [];
  /** The index of the group behind "::"; -1 without "::". */
  let gapAt = -1;
  let at = 0;
  if (text.startsWith("::")) {
    gapAt = 0;
    at = 2;
  }
  while (at < text.length) {
    let end = at;
    while (end < at + 4 && hexDigitValue(text.charCodeAt(end)) >= 0) end += 1;
    if (end === at) return null;
    if (text.charCodeAt(end) === DOT) {
      const pair = parseIpv4Tail(text, at);
      if (pair === null) return null;
      groups.push(...pair);
      break;
    }
    groups.push(Number.parseInt(text.slice(at, end), 16));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON) return null;
    at = end + 1;
    if (text.charCodeAt(at) === COLON) {
      if (gapAt !== -1) return null;
      gapAt = groups.length;
      at += 1;
    } else if (at === text.length) {
      return null;
    }
  }
  if (gapAt === -1) return groups.length === GROUPS ? groups : null;
  // "::" stands for one group at least.
  if (groups.length >= GROUPS) return null;
  const zeros = new Array<number>(GROUPS - groups.length).fill(0);
  return [...groups.slice(0, gapAt), ...zeros, ...groups.slice(gapAt)];
}

/** The last two groups, as `IPv4address`: four decimal numbers up to 255, without leading zeros, up to the end. */
function parseIpv4Tail(text: string, start: number): [number, number] | null {
  const octets: number[] = [];
  for (let at = start; octets.length < 4; at += 1) {
    let octet = 0;
    const first = at;
    while (at < first + 3 && isDigit(text.charCodeAt(at))) {
      octet = octet * 10 + text.charCodeAt(at) - 0x30;
      at += 1;
    }
    const hasLeadingZero = at - first > 1 && text.charCodeAt(first) === 0x30;
    if (at === first || hasLeadingZero || octet > 255) return null;
    octets.push(octet);
    const isEnd = octets.length === 4 ? at === text.length : text.charCodeAt(at) === DOT;
    if (!isEnd) return null;
  }
  return [octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!];
}

/** RFC 5952 §4: lower case, no leading zeros, "::" for the longest run of zeros, the first of equals, never for one. */
export function formatIpv6Address(groups: readonly number[]): string {
  let gapStart = 0;
  let gapLength = 1;
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > gapLength) {
      gapStart = start;
      gapLength = end - start;
    }
  }
  const texts = groups.map((group) => group.toString(16));
  if (gapLength === 1) return texts.join(":");
  const before = texts.slice(0, gapStart).join(":");
  return `${before}::${texts.slice(gapStart + gapLength).join(":")}`;
}
