/**
 * The negotiation of extensions (RFC 6455 §9.1, RFC 7692 §5): the client offers, the server accepts some, the client
 * confirms.
 *
 * A connection has at most one session. §9.1 would allow a stack of sessions in the order of the response. But two
 * compressions would share RSV1, which RFC 7692 §5 forbids, and no other extension is registered that transforms messages.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { requireList, requireObject } from "../bytes/given-arguments.ts";
import { isToken } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  areClaimableBits,
  disposeOf,
  type Extension,
  type ExtensionAcceptance,
  type ExtensionAgreement,
  type ExtensionOffer,
  type ExtensionSession,
  NO_EXTENSIONS,
} from "./extension.ts";
import { requireOffers } from "./extension-header.ts";

/** The faults of the server's extensions for which a client fails the handshake; kinds of `HandshakeFault`. */
export type ExtensionFault =
  | "extension-not-offered"
  | "extension-duplicate"
  | "extension-parameters-refused";

/**
 * Checks the list when it is given: otherwise the request of the first peer would throw. @returns the list.
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
 * Client: the offers, in order of preference: first the order of `extensions`, then the order of each extension.
 * @throws MisuseError when an extension offers another name than its own: the engine could not give it the answer.
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
 * The order of `extensions` decides between two extensions: the server's preference counts. The order of the client decides
 * between two offers of one extension (RFC 7692 §5). The engine declines a second session and a second use of one name. So
 * an extension may be configured twice: the second configuration serves clients that the first one declined.
 *
 * @param offers the client's offers, in its order. The server ignores unknown names: §9.1 lets it accept any part of the
 * offers.
 * @throws MisuseError for an extension that answers with another name than its own, or claims impossible bits. Other
 * exceptions of an extension pass through. The function has disposed of every session then.
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
 * @returns the kind of fault for which the client must fail the connection (§4.1, §9.1, RFC 7692 §5): an extension that was
 * not offered, one that is there twice, parameters that do not follow from the offer, or a second extension that transforms
 * messages. The function has disposed of every session then.
 * @throws MisuseError for an extension that claims impossible bits. Other exceptions of an extension pass through.
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

/**
 * The first extension of this name that confirms the response. The response does not say which of several offers it
 * answers.
 */
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

function checkSession(extension: Extension, session: ExtensionSession | null): void {
  if (session === null || areClaimableBits(session.rsv)) return;
  disposeOf(session);
  throw notClaimable(`extension ${extension.name}: its session`, session.rsv);
}

function notClaimable(session: string, rsv: unknown): MisuseError {
  return new MisuseError(
    `${session} claims the bits ${describeValue(rsv)}: take some of RSV1 0x40, RSV2 0x20 and RSV3 0x10 (RFC 6455 §5.2)`,
  );
}

/**
 * Checks the agreement of a foreign handshake now. Otherwise a wrong agreement would throw at the first frame.
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
  if (!areClaimableBits(session.rsv)) throw notClaimable(`${where}.session`, session.rsv);
}
