/**
 * Who gets which extension (RFC 6455 §9.1, RFC 7692 §5): the client offers, the server accepts some, the client confirms.
 *
 * One session per connection. Sessions could be stacked in the order of the response (§9.1), but two that transform
 * messages compete for RSV1, which RFC 7692 §5 forbids, and no second one has been registered.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { requireList, requireObject } from "../bytes/given-arguments.ts";
import { isToken } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  disposeOf,
  type Extension,
  type ExtensionAcceptance,
  type ExtensionAgreement,
  type ExtensionOffer,
  type ExtensionSession,
  NO_EXTENSIONS,
  RSV_BITS,
} from "./extension.ts";
import { requireOffers } from "./extension-header.ts";

/** Why a client fails the handshake over the server's extensions; kinds of `HandshakeFault`. */
export type ExtensionFault =
  | "extension-not-offered"
  | "extension-duplicate"
  | "extension-parameters-refused";

/**
 * @returns the list. What is none would be found out by the first peer, whose request it would throw at.
 * @throws MisuseError for what is not a list of extensions.
 */
export function checkExtensions(extensions: readonly Extension[]): readonly Extension[] {
  requireList("options.extensions", extensions);
  for (const [index, extension] of (extensions as readonly Extension[]).entries()) {
    const path = `options.extensions[${index}]`;
    if (typeof extension?.name !== "string" || !isToken(extension.name)) {
      throw new MisuseError(
        `${path} has no name that is a token (RFC 6455 §9.1): give an Extension`,
      );
    }
    for (const method of ["offer", "accept", "confirm"] as const) {
      if (extension[method] === undefined || typeof extension[method] === "function") continue;
      throw new MisuseError(`${path}.${method} is not a function: give one, or leave it out`);
    }
  }
  return extensions;
}

/**
 * Client: what to offer, in order of preference: that of `extensions`, then each one's own.
 * @throws MisuseError when an extension offers in another's name: the answer could not be given to it.
 */
export function clientOffers(extensions: readonly Extension[]): ExtensionOffer[] {
  checkExtensions(extensions);
  const offers: ExtensionOffer[] = [];
  for (const extension of extensions) {
    const own = extension.offer?.() ?? [];
    requireOffers(`what extension ${extension.name} offers`, own);
    for (const offer of own) {
      checkOwnName(extension, "offer", offer);
      offers.push(offer);
    }
  }
  return offers;
}

/**
 * Server: chooses among the client's offers.
 *
 * In the order of `extensions`: among extensions the server's preference counts, among the offers of one that of the
 * client (RFC 7692 §5). Once there is a session a second one is declined, and so is a name that is already agreed on, so
 * that the same extension may be configured twice, the second time for clients whom the first declined.
 *
 * @param offers as the client sent them; names that nobody knows are ignored (§9.1: offering is not using).
 * @throws MisuseError for an extension that answers in another's name or claims impossible bits; what else an extension
 * throws passes through. No session is left behind.
 */
export function acceptOffers(
  offers: readonly ExtensionOffer[],
  extensions: readonly Extension[],
): ExtensionAgreement {
  requireOffers("offers", offers);
  checkExtensions(extensions);
  const agreed: ExtensionOffer[] = [];
  let session: ExtensionSession | null = null;
  try {
    for (const extension of extensions) {
      if (isNamed(agreed, extension.name)) continue;
      const acceptance = acceptOwnOffers(offers, extension);
      if (acceptance === null) continue;
      if (session !== null && acceptance.session !== null) {
        disposeOf(acceptance.session);
        continue;
      }
      session ??= acceptance.session;
      checkOwnName(extension, "accept", acceptance.response);
      checkSession(extension, acceptance.session);
      agreed.push(acceptance.response);
    }
  } catch (error) {
    disposeOf(session);
    throw error;
  }
  return agreed.length === 0 ? NO_EXTENSIONS : { extensions: agreed, session };
}

function acceptOwnOffers(
  offers: readonly ExtensionOffer[],
  extension: Extension,
): ExtensionAcceptance | null {
  if (extension.accept === undefined) return null;
  const own = offers.filter(({ name }) => name === extension.name);
  return own.length === 0 ? null : extension.accept(own);
}

/**
 * Client: judges the extensions of the server's response.
 * @param response every element of it, in order.
 * @param extensions those that {@link clientOffers} made the offers of.
 * @returns the kind of fault for which the client must fail the connection (§4.1, §9.1, RFC 7692 §5): an extension that
 * was not offered, one that is there twice, parameters that do not follow from the offer, or a second extension that
 * transforms messages. No session is left behind then.
 * @throws MisuseError for an extension that claims impossible bits; what else an extension throws passes through.
 */
export function confirmResponse(
  response: readonly ExtensionOffer[],
  extensions: readonly Extension[],
): ExtensionAgreement | ExtensionFault {
  requireOffers("response", response);
  checkExtensions(extensions);
  const agreed: ExtensionOffer[] = [];
  let session: ExtensionSession | null = null;
  let fault: ExtensionFault | null = null;
  try {
    for (const element of response) {
      const own = extensions.filter((extension) => isOffered(extension, element.name));
      fault = faultOfName(element, own, agreed);
      if (fault !== null) break;
      const confirmation = confirmElement(element, own);
      if (confirmation === null || (session !== null && confirmation.session !== null)) {
        disposeOf(confirmation?.session);
        fault = "extension-parameters-refused";
        break;
      }
      session ??= confirmation.session;
      agreed.push(element);
    }
  } catch (error) {
    disposeOf(session);
    throw error;
  }
  if (fault !== null) {
    disposeOf(session);
    return fault;
  }
  return agreed.length === 0 ? NO_EXTENSIONS : { extensions: agreed, session };
}

function isOffered(extension: Extension, name: string): boolean {
  return extension.name === name && (extension.offer?.().length ?? 0) > 0;
}

function faultOfName(
  element: ExtensionOffer,
  own: readonly Extension[],
  agreed: readonly ExtensionOffer[],
): ExtensionFault | null {
  if (own.length === 0) return "extension-not-offered";
  return isNamed(agreed, element.name) ? "extension-duplicate" : null;
}

/** The first of that name that confirms it: the response does not say which of several offers it answers. */
function confirmElement(
  element: ExtensionOffer,
  own: readonly Extension[],
): { readonly session: ExtensionSession | null } | null {
  for (const extension of own) {
    const confirmation = extension.confirm?.(element) ?? null;
    if (confirmation === null) continue;
    checkSession(extension, confirmation.session);
    return confirmation;
  }
  return null;
}

function isNamed(offers: readonly ExtensionOffer[], name: string): boolean {
  return offers.some((offer) => offer.name === name);
}

function checkOwnName(extension: Extension, method: string, offer: ExtensionOffer): void {
  if (offer.name === extension.name) return;
  throw new MisuseError(
    `extension ${extension.name}: ${method} names ${JSON.stringify(offer.name)}; it may only speak in its own name ` +
      "(RFC 6455 §9.1)",
  );
}

/** Without a bit of its own nobody could tell the messages that a session transformed from the others. */
function checkSession(extension: Extension, session: ExtensionSession | null): void {
  if (session === null) return;
  const { rsv } = session;
  if (rsv !== 0 && (rsv & RSV_BITS) === rsv) return;
  disposeOf(session);
  throw new MisuseError(
    `extension ${extension.name}: its session claims the bits ${rsv}; take some of RSV1 0x40, RSV2 0x20 and RSV3 0x10 ` +
      "(RFC 6455 §5.2)",
  );
}

/**
 * An agreement that a foreign handshake was told of: a wrong one would be found at the first frame.
 * @throws MisuseError
 */
export function checkAgreement(agreement: ExtensionAgreement): void {
  const where = "agreed.agreement";
  requireObject(where, agreement);
  requireOffers(`${where}.extensions`, agreement.extensions);
  const { session } = agreement;
  if (session === null) return;
  requireObject(`${where}.session`, session);
  for (const method of ["encodeStart", "encode", "decodeStart", "decode", "dispose"] as const) {
    if (typeof session[method] === "function") continue;
    throw new MisuseError(
      `${where}.session has no method ${method}: give what acceptOffers or confirmResponse returned`,
    );
  }
  const { rsv } = session;
  if (rsv !== 0 && (rsv & RSV_BITS) === rsv) return;
  throw new MisuseError(
    `${where}.session claims the bits ${describeValue(rsv)}: take some of RSV1 0x40, RSV2 0x20 and RSV3 0x10 (RFC 6455 §5.2)`,
  );
}
