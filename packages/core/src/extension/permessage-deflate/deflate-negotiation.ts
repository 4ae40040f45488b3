/**
 * The negotiation of permessage-deflate (RFC 7692 §5 and §7.1) as pure functions: what a client offers, what a server
 * answers, what a client makes of the answer. No memory is claimed here: most connections that agree on compression never
 * compress.
 */
import type { DeflateSettings } from "./deflate-options.ts";
import { type DeflateParameters, MAX_WINDOW_BITS } from "./deflate-parameters.ts";

/** The agreed parameters, seen from one side. */
export interface DeflateTerms {
  /** A message that we send may refer to the messages before it. */
  readonly sendTakeover: boolean;
  readonly sendWindowBits: number;
  /** A message that we receive may refer to the messages before it. */
  readonly receiveTakeover: boolean;
  readonly receiveWindowBits: number;
}

/**
 * Client: the one offer. What the settings ask of the server is a demand: a server that cannot meet the demand declines, and
 * the connection goes on without compression.
 *
 * | setting | parameter offered |
 * | --- | --- |
 * | receives without takeover | `server_no_context_takeover` |
 * | sends without takeover | `client_no_context_takeover`, a hint (§7.1.1.2) |
 * | receives with fewer than 15 bits | `server_max_window_bits=n` |
 * | sends with 15 bits | `client_max_window_bits`: the server may limit us (§7.1.2.2) |
 * | sends with fewer bits | `client_max_window_bits=n`, also a hint |
 */
export function deflateOffer(settings: DeflateSettings): DeflateParameters {
  const { sendWindowBits, receiveWindowBits } = settings;
  return {
    serverNoContextTakeover: !settings.receiveTakeover,
    clientNoContextTakeover: !settings.sendTakeover,
    serverMaxWindowBits: receiveWindowBits === MAX_WINDOW_BITS ? null : receiveWindowBits,
    clientMaxWindowBits: sendWindowBits === MAX_WINDOW_BITS ? "supported" : sendWindowBits,
  };
}

/**
 * Server: the response to an offer, and its terms; null declines the offer.
 *
 * | offered | we | answer |
 * | --- | --- | --- |
 * | `server_no_context_takeover` | any | the same, and we keep to it (§7.1.1.1) |
 * | absent | send without takeover | `server_no_context_takeover`: the client can save its window |
 * | `client_no_context_takeover` | any | the same: the client saves us a window (§7.1.1.2) |
 * | absent | receive without takeover | `client_no_context_takeover` |
 * | `server_max_window_bits=n` | send with m bits | the smaller of n and m (§7.1.2.1) |
 * | absent | send with m < 15 bits | m |
 * | `client_max_window_bits=n` | receive with m bits | the smaller of n and m (§7.1.2.2) |
 * | `client_max_window_bits` | receive with m < 15 bits | m |
 * | `client_max_window_bits` | receive with 15 bits | absent: 15 is what absence means |
 * | absent | receive with m < 15 bits | declined: the answer must not name the parameter (§7.1.2.2) |
 */
export function answerDeflateOffer(
  offer: DeflateParameters,
  settings: DeflateSettings,
): { readonly response: DeflateParameters; readonly terms: DeflateTerms } | null {
  const { serverMaxWindowBits, clientMaxWindowBits } = offer;
  const sendWindowBits = Math.min(serverMaxWindowBits ?? MAX_WINDOW_BITS, settings.sendWindowBits);
  let receiveWindowBits = settings.receiveWindowBits;
  if (typeof clientMaxWindowBits === "number") {
    receiveWindowBits = Math.min(receiveWindowBits, clientMaxWindowBits);
  } else if (clientMaxWindowBits === null && receiveWindowBits < MAX_WINDOW_BITS) {
    return null;
  }
  const isServerLimitNamed = serverMaxWindowBits !== null || sendWindowBits < MAX_WINDOW_BITS;
  const isClientLimitNamed =
    typeof clientMaxWindowBits === "number" || receiveWindowBits < MAX_WINDOW_BITS;
  const response: DeflateParameters = {
    serverNoContextTakeover: offer.serverNoContextTakeover || !settings.sendTakeover,
    clientNoContextTakeover: offer.clientNoContextTakeover || !settings.receiveTakeover,
    serverMaxWindowBits: isServerLimitNamed ? sendWindowBits : null,
    clientMaxWindowBits: isClientLimitNamed ? receiveWindowBits : null,
  };
  return {
    response,
    terms: {
      sendTakeover: !response.serverNoContextTakeover,
      sendWindowBits,
      receiveTakeover: !response.clientNoContextTakeover,
      receiveWindowBits,
    },
  };
}

/**
 * Client: the terms that follow from a response to {@link deflateOffer}; null when the response does not answer the offer,
 * for which the client must fail the connection (§7).
 *
 * | response | we offered | verdict |
 * | --- | --- | --- |
 * | `server_no_context_takeover` | or not | our inflater starts anew with each message |
 * | absent | it | failure: the server accepts by naming the parameter (§7.1.1.1) |
 * | `client_no_context_takeover` | or not | our deflater starts anew with each message: a client MUST support this (§7.1.1.2) |
 * | absent | it | our deflater starts anew all the same, as the hint said |
 * | `server_max_window_bits=m` | n, m ≤ n | we inflate with m bits |
 * | | n, m > n | failure (§7.1.2.1: "the same or smaller value") |
 * | | nothing | we inflate with m bits |
 * | absent | n | failure |
 * | `client_max_window_bits=m` | it | we deflate with the smaller of m and our own setting (§7.1.2.2) |
 */
export function judgeDeflateResponse(
  response: DeflateParameters,
  settings: DeflateSettings,
): DeflateTerms | null {
  const { serverMaxWindowBits, clientMaxWindowBits } = response;
  if (!settings.receiveTakeover && !response.serverNoContextTakeover) return null;
  if ((serverMaxWindowBits ?? MAX_WINDOW_BITS) > settings.receiveWindowBits) return null;
  const clientLimit =
    typeof clientMaxWindowBits === "number" ? clientMaxWindowBits : MAX_WINDOW_BITS;
  return {
    sendTakeover: settings.sendTakeover && !response.clientNoContextTakeover,
    sendWindowBits: Math.min(settings.sendWindowBits, clientLimit),
    receiveTakeover: !response.serverNoContextTakeover,
    receiveWindowBits: serverMaxWindowBits ?? MAX_WINDOW_BITS,
  };
}
