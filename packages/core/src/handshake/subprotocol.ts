/** Subprotocols (RFC 6455 §1.9): the Sec-WebSocket-Protocol field of a request, and the choice among its subprotocols. */
import { describeValue } from "../bytes/describe-value.ts";
import { requireList, requireStrings } from "../bytes/given-arguments.ts";
import { isToken, TOKEN_CHARACTERS, trimWhitespace } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/**
 * The most subprotocols of one request. Each of them becomes a string, so a limit on bytes alone would not limit the
 * memory. The choice also compares each offer with each supported subprotocol.
 */
export const MAX_PROTOCOLS = 256;

/**
 * @param values the values of every Sec-WebSocket-Protocol line, in order. §11.3.4: all lines together are one list.
 * @returns the subprotocols in the client's order of preference; empty for no lines. null for what §4.1, number 10,
 * forbids: an element that is not a token, the same one twice (their case counts), lines without any element; and for
 * more than {@link MAX_PROTOCOLS}.
 */
export function parseProtocols(values: readonly string[]): string[] | null {
  requireStrings("the values of Sec-WebSocket-Protocol", values);
  return readProtocols(values);
}

/** The same for values that are known to be strings. */
export function readProtocols(values: readonly string[]): string[] | null {
  const protocols = new Set<string>();
  for (const value of values) {
    for (let start = 0; start <= value.length; ) {
      const comma = value.indexOf(",", start);
      const end = comma === -1 ? value.length : comma;
      const protocol = trimWhitespace(value, start, end);
      start = end + 1;
      // RFC 9110 §5.6.1.2: a recipient ignores empty elements.
      if (protocol === "") continue;
      if (!isToken(protocol) || protocols.has(protocol)) return null;
      if (protocols.size === MAX_PROTOCOLS) return null;
      protocols.add(protocol);
    }
  }
  return values.length > 0 && protocols.size === 0 ? null : [...protocols];
}

/**
 * The subprotocol that a server with these preferences speaks: the first of `supported` that the client offers. The server
 * chooses; the client's order is only a wish (§4.2.2, /subprotocol/).
 * @returns null without a common subprotocol. The server may still accept the connection, without a subprotocol.
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
 * Checks the subprotocols that an application offers or supports: §4.1, number 10.
 * @throws MisuseError for a value that is no token, and for a subprotocol that comes twice.
 */
export function checkProtocols(protocols: readonly string[]): void {
  requireList("protocols", protocols);
  protocols.forEach((protocol, index) => {
    if (typeof protocol !== "string" || !isToken(protocol)) {
      throw new MisuseError(
        `protocols[${index}] ${describeValue(protocol)} is not a token (RFC 6455 §4.1): ${TOKEN_CHARACTERS} only`,
      );
    }
    if (protocols.indexOf(protocol) !== index) {
      throw new MisuseError(
        `protocols[${index}] ${protocol} is there twice (RFC 6455 §4.1): leave one out`,
      );
    }
  });
}
