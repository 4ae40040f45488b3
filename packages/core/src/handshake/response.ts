/**
 * The server's part of the opening handshake: judged as a client does (RFC 6455 §4.1), and written as a server does
 * (§4.2.2), together with every other answer that a server gives. All of it is pure.
 */
import { describeValue } from "../bytes/describe-value.ts";
import {
  givenOptions,
  requireList,
  requireObject,
  requireStrings,
} from "../bytes/given-arguments.ts";
import { equalsIgnoringCase, isToken } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import type { Extension, ExtensionAgreement } from "../extension/extension.ts";
import {
  type ExtensionOffer,
  formatExtensions,
  parseExtensions,
  requireOffers,
} from "../extension/extension-header.ts";
import { checkExtensions, confirmResponse } from "../extension/extension-negotiation.ts";
import { type HandshakeFault, HandshakeFaultKind, responseFault } from "./handshake-fault.ts";
import {
  checkOutgoingHeaders,
  checkOutgoingText,
  formatHeaders,
  type HeaderList,
  hasListToken,
  headerValues,
  RESERVED_HEADERS,
} from "./header-list.ts";
import { acceptFor, isValidKey } from "./opening-key.ts";
import { requireMinorVersion, WEBSOCKET_VERSION } from "./request.ts";

/** The head of an HTTP response, from this engine's reader or from any other HTTP stack. */
export interface ResponseHead {
  /** The status code, 100 to 599. */
  readonly status: number;
  /** The reason phrase; "" for none. */
  readonly statusText: string;
  /** The header lines, in their order. */
  readonly headers: HeaderList;
  /** Of HTTP/1.x. Default 1. */
  readonly minorVersion?: 0 | 1;
}

/** An answer with what was read of its body: of a server to the opening handshake, or of a proxy to CONNECT. */
export interface ServerResponse extends ResponseHead {
  /** Of a refusal, up to `limits.refusalBody` bytes, chunked transfer decoded; empty for a 101. */
  readonly body: Uint8Array;
  /** There was more than that, or its end did not come within `timeouts.refusalBody`. */
  readonly isBodyTruncated: boolean;
}

/** What the client had asked for. */
export interface SentRequest {
  /** The Sec-WebSocket-Key that was sent. */
  readonly key: string;
  /** The subprotocols that were offered. */
  readonly protocols: readonly string[];
  /** The extensions that were offered. */
  readonly extensions: readonly Extension[];
}

/** What {@link judgeResponse} says of an answer. */
export type ResponseVerdict =
  | {
      readonly kind: "accepted";
      /** The Subprotocol In Use (§4.1); "" when there is none. */
      readonly protocol: string;
      readonly agreement: ExtensionAgreement;
    }
  | { readonly kind: "refused"; readonly fault: HandshakeFault };

/**
 * §4.1, the numbered steps behind "The client MUST validate the server's response", in their order but for the last
 * two: extensions come last, since with them a session begins, and a refusal behind it would have to end it again.
 */
export function judgeResponse(head: ResponseHead, sent: SentRequest): ResponseVerdict {
  requireObject("head", head);
  requireObject("sent", sent);
  const { headers } = head;
  if (typeof head.status !== "number") {
    throw new MisuseError(`head.status is ${describeValue(head.status)}: give a number`);
  }
  if (head.minorVersion !== undefined) requireMinorVersion(head.minorVersion);
  requireList("head.headers", headers);
  if (!isValidKey(sent.key)) {
    throw new MisuseError("sent.key is not the key of a request: take createKey's (RFC 6455 §4.1)");
  }
  requireStrings("sent.protocols", sent.protocols);
  checkExtensions(sent.extensions);
  const fault =
    faultOfStatus(head) ??
    faultOfUpgrade(headers) ??
    faultOfAccept(headers, sent.key) ??
    faultOfProtocol(headers, sent.protocols);
  if (fault !== null) return refused(fault);
  // §11.3.2 has this field at most once in a response, §4.2.2 allows several: several mean one list in all of HTTP.
  const extensions = parseExtensions(headerValues(headers, "sec-websocket-extensions"));
  if (extensions === null) return refused(HandshakeFaultKind.ResponseExtensionsMalformed);
  const agreement = confirmResponse(extensions, sent.extensions);
  if (typeof agreement === "string") return refused(agreement);
  const protocol = headerValues(headers, "sec-websocket-protocol")[0] ?? "";
  return { kind: "accepted", protocol, agreement };
}

function refused(kind: HandshakeFaultKind): ResponseVerdict {
  return { kind: "refused", fault: responseFault(kind) };
}

/** Number 1. Whatever another status asks for, a redirect or a password, is the application's affair. */
function faultOfStatus(head: ResponseHead): HandshakeFaultKind | null {
  if (head.status !== 101) return HandshakeFaultKind.StatusNot101;
  // RFC 9110 §15.2: HTTP/1.0 has no 1xx; whoever sends one in its name has not read the request.
  return head.minorVersion === 0 ? HandshakeFaultKind.HttpVersionUnsupported : null;
}

/** Numbers 2 and 3. */
function faultOfUpgrade(headers: HeaderList): HandshakeFaultKind | null {
  const upgrade = headerValues(headers, "upgrade");
  if (upgrade.length === 0) return HandshakeFaultKind.UpgradeMissing;
  // A value and not a list: a 101 that also switched to something else would not be ours to read.
  if (upgrade.length > 1 || !equalsIgnoringCase(upgrade[0]!, "websocket")) {
    return HandshakeFaultKind.UpgradeNotWebSocket;
  }
  const isUpgrade = hasListToken(headerValues(headers, "connection"), "upgrade");
  return isUpgrade ? null : HandshakeFaultKind.ConnectionUpgradeMissing;
}

/** Number 4. §11.3.3: at most once. */
function faultOfAccept(headers: HeaderList, key: string): HandshakeFaultKind | null {
  const accepts = headerValues(headers, "sec-websocket-accept");
  if (accepts.length === 0) return HandshakeFaultKind.AcceptMissing;
  if (accepts.length > 1) return HandshakeFaultKind.AcceptDuplicate;
  return accepts[0] === acceptFor(key) ? null : HandshakeFaultKind.AcceptWrong;
}

/** Number 6. §11.3.4: at most once. To offer some and be given none is no fault (§4.2.2, /subprotocol/). */
function faultOfProtocol(
  headers: HeaderList,
  offered: readonly string[],
): HandshakeFaultKind | null {
  const protocols = headerValues(headers, "sec-websocket-protocol");
  if (protocols.length > 1) return HandshakeFaultKind.ProtocolDuplicate;
  const protocol = protocols[0];
  // Compared as it is: subprotocol names are case-sensitive. An empty value was never offered.
  if (protocol === undefined || offered.includes(protocol)) return null;
  return HandshakeFaultKind.ProtocolNotOffered;
}

/** What a server says yes with. */
export interface Acceptance {
  /** The key of the request. */
  readonly key: string;
  /** One of those that the request offers; null or "": none. */
  readonly protocol: string | null;
  /** What was agreed: `ExtensionAgreement.extensions`; empty: none. */
  readonly extensions: readonly ExtensionOffer[];
  /** Further fields, such as Set-Cookie; not of {@link RESERVED_HEADERS}. */
  readonly headers: HeaderList;
}

/**
 * The 101 that completes the opening handshake (§4.2.2, number 5), every character one byte.
 * @throws MisuseError for any part that could not stand where it is to go.
 */
export function encodeAcceptance(acceptance: Acceptance): string {
  requireObject("acceptance", acceptance);
  const { key, protocol, extensions, headers } = acceptance;
  if (!isValidKey(key)) {
    throw new MisuseError(
      "key is not 16 bytes in base64 (RFC 6455 §4.2.1): take the key of an UpgradeHead",
    );
  }
  checkOutgoingHeaders(headers, RESERVED_HEADERS);
  const lines: [name: string, value: string][] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptFor(key)],
  ];
  // §4.2.2: the empty string is not a legal value; none is said by leaving the field out.
  if (protocol !== null && protocol !== "") {
    if (typeof protocol !== "string" || !isToken(protocol)) {
      throw new MisuseError(
        `protocol ${describeValue(protocol)} is not a token (RFC 6455 §4.2.2): choose one that the client offered`,
      );
    }
    lines.push(["Sec-WebSocket-Protocol", protocol]);
  }
  requireOffers("extensions", extensions);
  if (extensions.length > 0) {
    const formatted = formatExtensions(extensions);
    checkOutgoingText("extensions", formatted);
    lines.push(["Sec-WebSocket-Extensions", formatted]);
  }
  return `${statusLine(101, undefined)}${formatHeaders(lines)}${formatHeaders(headers)}\r\n`;
}

/** Everything of an answer but its status and the bytes of its body. */
export interface Answer {
  /** The reason phrase. Default: that of RFC 9110 for the usual statuses, otherwise none. */
  readonly statusText?: string | undefined;
  /** Further fields; not of {@link RESERVED_HEADERS}. */
  readonly headers: HeaderList;
  /** Octets of the body. To a HEAD request, of the one that a GET would have brought. */
  readonly bodyLength: number;
}

/**
 * The head of an answer that is no acceptance: a refusal, or plain HTTP. It always announces the end of the connection:
 * the engine reads one request.
 *
 * A 426 says what to upgrade to (RFC 9110 §15.5.22) and the version that we speak (RFC 6455 §4.4), a 405 the method
 * (RFC 9110 §15.5.6).
 *
 * It says HTTP/1.1 to clients of HTTP/1.0 too, as RFC 9110 §2.5 wants, and has no Date, since the engine has no clock
 * (RFC 9110 §6.6.1): who has one adds it.
 *
 * @throws MisuseError for a status that is not from 200 to 999, a body where the status allows none, and any part that
 * could not stand where it is to go.
 */
export function encodeAnswer(status: number, answer: Answer): string {
  const { statusText, headers, bodyLength } = givenOptions("answer", answer);
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw new MisuseError(
      `status ${describeValue(status)} is not a final status (RFC 9110 §15): give one from 200 on; a 101 is sent by accepting`,
    );
  }
  if (!Number.isSafeInteger(bodyLength) || bodyLength < 0) {
    throw new MisuseError(`bodyLength ${describeValue(bodyLength)} is not a number of bytes`);
  }
  if (bodyLength > 0 && (status === 204 || status === 205 || status === 304)) {
    throw new MisuseError(`status ${status} has no body (RFC 9110 §15): leave the body out`);
  }
  if (statusText !== undefined) checkOutgoingText("statusText", statusText);
  checkOutgoingHeaders(headers, RESERVED_HEADERS);
  const lines: [name: string, value: string][] = [];
  if (status === 426) {
    lines.push(
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade, close"],
      ["Sec-WebSocket-Version", WEBSOCKET_VERSION],
    );
  } else {
    lines.push(["Connection", "close"]);
  }
  if (status === 405 && headerValues(headers, "allow").length === 0) lines.push(["Allow", "GET"]);
  // RFC 9110 §8.6: no Content-Length in a 204; in a 304 it would have to be that of the 200 that the 304 stands for.
  if (status !== 204 && status !== 304) lines.push(["Content-Length", String(bodyLength)]);
  return `${statusLine(status, statusText)}${formatHeaders(lines)}${formatHeaders(headers)}\r\n`;
}

/** RFC 9112 §4: the space before the reason phrase stays when there is none. */
function statusLine(status: number, statusText: string | undefined): string {
  return `HTTP/1.1 ${status} ${statusText ?? ReasonPhrases[status] ?? ""}\r\n`;
}

/** RFC 9110 §15, RFC 6585: the statuses that servers answer an opening handshake with, or a plain request beside it. */
const ReasonPhrases: { readonly [status: number]: string } = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  511: "Network Authentication Required",
};
