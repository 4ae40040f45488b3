/**
 * The four parameters of permessage-deflate (RFC 7692 §7.1), from the lists of the header field and back to them. The
 * result is null for parameters that break a rule of §7: a server declines such an offer, and a client fails such a
 * response.
 */
import type { ExtensionOffer, ExtensionParameter } from "../extension-header.ts";

/** The registered name of the extension (RFC 7692 §9.1). */
export const PERMESSAGE_DEFLATE = "permessage-deflate";

/** RFC 7692 §7.1.2: windows have 2^8 to 2^15 bytes. */
export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;

/** One offer, or one response. */
export interface DeflateParameters {
  /** `server_no_context_takeover` (§7.1.1.1): the server starts each message with an empty window. */
  readonly serverNoContextTakeover: boolean;
  /** `client_no_context_takeover` (§7.1.1.2). */
  readonly clientNoContextTakeover: boolean;
  /** `server_max_window_bits` (§7.1.2.1); null when the parameter is absent. */
  readonly serverMaxWindowBits: number | null;
  /** `client_max_window_bits` (§7.1.2.2); null when absent, "supported" in an offer that gives no value. */
  readonly clientMaxWindowBits: number | "supported" | null;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @returns the parameters of a client's offer; null when a server must decline the offer (§7). */
export function parseDeflateOffer(offer: ExtensionOffer): DeflateParameters | null {
  return parseParameters(offer.parameters, true);
}

/** @returns the parameters of a server's response; null when a client must fail the connection (§7). */
export function parseDeflateResponse(response: ExtensionOffer): DeflateParameters | null {
  return parseParameters(response.parameters, false);
}

function parseParameters(
  list: readonly ExtensionParameter[],
  isOffer: boolean,
): DeflateParameters | null {
  const parameters: Mutable<DeflateParameters> = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: null,
    clientMaxWindowBits: null,
  };
  for (const [index, { name, value }] of list.entries()) {
    // §7: "multiple extension parameters with the same name".
    if (list.findIndex((other) => other.name === name) !== index) return null;
    switch (name) {
      case "server_no_context_takeover":
        // §7.1.1.1: "This extension parameter has no value."
        if (value !== null) return null;
        parameters.serverNoContextTakeover = true;
        break;
      case "client_no_context_takeover":
        if (value !== null) return null;
        parameters.clientNoContextTakeover = true;
        break;
      case "server_max_window_bits":
        parameters.serverMaxWindowBits = parseWindowBits(value);
        if (parameters.serverMaxWindowBits === null) return null;
        break;
      case "client_max_window_bits":
        // §7.1.2.2: the value may be absent in an offer, and only there.
        parameters.clientMaxWindowBits =
          value === null && isOffer ? "supported" : parseWindowBits(value);
        if (parameters.clientMaxWindowBits === null) return null;
        break;
      default:
        // §7: "an extension parameter not defined for use in an offer", or in a response.
        return null;
    }
  }
  return parameters;
}

/** §7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15, inclusive". */
function parseWindowBits(value: string | null): number | null {
  switch (value) {
    case "8":
    case "9":
    case "10":
    case "11":
    case "12":
    case "13":
    case "14":
    case "15":
      return Number(value);
    default:
      return null;
  }
}

/** The parameters as one element of the header field. */
export function formatDeflateParameters(parameters: DeflateParameters): ExtensionOffer {
  const list: ExtensionParameter[] = [];
  if (parameters.serverNoContextTakeover) {
    list.push({ name: "server_no_context_takeover", value: null });
  }
  if (parameters.clientNoContextTakeover) {
    list.push({ name: "client_no_context_takeover", value: null });
  }
  const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
  if (serverMaxWindowBits !== null) {
    list.push({ name: "server_max_window_bits", value: String(serverMaxWindowBits) });
  }
  if (clientMaxWindowBits !== null) {
    const value = clientMaxWindowBits === "supported" ? null : String(clientMaxWindowBits);
    list.push({ name: "client_max_window_bits", value });
  }
  return { name: PERMESSAGE_DEFLATE, parameters: list };
}
