/**
 * Subprotocols (RFC 6455 §1.9): the Sec-WebSocket-Protocol field of a request, and the choice among what it offers.
 */
import { requireList, requireStrings } from "../bytes/given-arguments.ts";
import { isToken, trimWhitespace } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/**
 * How many subprotocols one request may offer. Each becomes a string of its own, so a limit on bytes alone would not
 * limit what is retained; and the choice compares each with each.
 */
export const MAX_PROTOCOLS = 256;

/**
 * @param values those of every Sec-WebSocket-Protocol line, in order: together they are one list (§11.3.4).
 * @returns the subprotocols in the client's order of preference; empty for no lines. null for what §4.1, number 10,
 * forbids: an element that is not a token, the same one twice (their case counts), lines without any element; and for
 * more than {@link MAX_PROTOCOLS}.
 */
export function parseProtocols(values: readonly string[]): string[] | null {
  requireStrings("the values of Sec-WebSocket-Protocol", values);
  return readProtocols(values);
}

/** The same of values that were judged to be strings. */
export function readProtocols(values: readonly string[]): string[] | null {
  const protocols = new Set<string>();
  for (const value of values) {
    for (let start = 0; start <= value.length; ) {
      const comma = value.indexOf(",", start);
      const end = comma === -1 ? value.length : comma;
      const protocol = trimWhitespace(value, start, end);
      start = end + 1;
      // RFC 9110 §5.6.1.2: empty elements are ignored, and do not count.
      if (protocol === "") continue;
      if (!isToken(protocol) || protocols.has(protocol)) return null;
      if (protocols.size === MAX_PROTOCOLS) return null;
      protocols.add(protocol);
    }
  }
  return values.length > 0 && protocols.size === 0 ? null : [...protocols];
}

/**
 * The subprotocol that a server with these preferences speaks: the first of `supported` that the client offers. The
 * client's order is a wish, the choice is the server's (§4.2.2, /subprotocol/).
 * @returns null when there is none; the connection may still be accepted, without a subprotocol.
 */
export function selectProtocol(
  offered: readonly string[],
  supported: readonly string[],
): string | null {
  requireStrings("offered", offered);
  requireStrings("supported", supported);
  return supported.find((protocol) => offered.includes(protocol)) ?? null;
}

/**
 * What an application offers, or speaks: §4.1, number 10.
 * @throws MisuseError for what is not a token, and for the same one twice.
 */
export function checkProtocols(protocols: readonly string[]): void {
  requireList("protocols", protocols);
  protocols.forEach((protocol, index) => {
    if (typeof protocol !== "string" || !isToken(protocol)) {
      const given = typeof protocol === "string" ? JSON.stringify(protocol) : typeof protocol;
      throw new MisuseError(
        `protocols[${index}] ${given} is not a token (RFC 6455 §4.1): letters, digits and ` +
          "!#$%&'*+-.^_`|~ only",
      );
    }
    if (protocols.indexOf(protocol) !== index) {
      throw new MisuseError(
        `protocols[${index}] ${protocol} is there twice (RFC 6455 §4.1): leave one out`,
      );
    }
  });
}
