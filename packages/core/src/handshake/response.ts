/**
 * The server's part of the opening handshake: a client judges it (RFC 6455 §4.1), and a server writes it (§4.2.2). The file
 * also writes every other answer of a server. All functions are pure.
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
import { type HandshakeFault, type HandshakeFaultKind, responseFault } from "./handshake-fault.ts";
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
  /** The body was longer, or its end did not come within `timeouts.refusalBody`. */
  readonly isBodyTruncated: boolean;
}

/** The parts of the client's request by which the response is judged. */
export interface SentRequest {
  /** The Sec-WebSocket-Key that was sent. */
  readonly key: string;
  /** The subprotocols that were offered. */
  readonly protocols: readonly string[];
  /** The extensions that were offered. */
  readonly extensions: readonly Extension[];
}

/** The verdict of {@link judgeResponse}. */
export type ResponseVerdict =
  | {
      readonly kind: "accepted";
      /** The Subprotocol In Use (§4.1); "" when there is none. */
      readonly protocol: string;
      readonly agreement: ExtensionAgreement;
    }
  | { readonly kind: "refused"; readonly fault: HandshakeFault };

/**
 * §4.1, the numbered steps behind "The client MUST validate the server's response", in their order, except for the last
 * two. Extensions come last, because a session begins with them, and a fault behind them would have to end the session
 * again.
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
  // §11.3.2 allows this field once in a response, §4.2.2 allows several lines. In HTTP several lines mean one list.
  const extensions = parseExtensions(headerValues(headers, "sec-websocket-extensions"));
  if (extensions === null) return refused("response-extensions-malformed");
  const agreement = confirmResponse(extensions, sent.extensions);
  if (typeof agreement === "string") return refused(agreement);
  const protocol = headerValues(headers, "sec-websocket-protocol")[0] ?? "";
  return { kind: "accepted", protocol, agreement };
}

function refused(kind: HandshakeFaultKind): ResponseVerdict {
  return { kind: "refused", fault: responseFault(kind) };
}

/** Number 1. The application handles other statuses, such as a redirect or a demand for a password. */
function faultOfStatus(head: ResponseHead): HandshakeFaultKind | null {
  if (head.status !== 101) return "status-not-101";
  // RFC 9110 §15.2: HTTP/1.0 has no 1xx. A server that sends a 1xx as HTTP/1.0 does not follow the request.
  return head.minorVersion === 0 ? "http-version-unsupported" : null;
}

/** Numbers 2 and 3. */
function faultOfUpgrade(headers: HeaderList): HandshakeFaultKind | null {
  const upgrade = headerValues(headers, "upgrade");
  if (upgrade.length === 0) return "upgrade-missing";
  // The field must be one value and no list: behind a 101 that switches to a second protocol too, the engine could not read
  // the bytes.
  if (upgrade.length > 1 || !equalsIgnoringCase(upgrade[0]!, "websocket")) {
    return "upgrade-not-websocket";
  }
  const isUpgrade = hasListToken(headerValues(headers, "connection"), "upgrade");
  return isUpgrade ? null : "connection-upgrade-missing";
}

/** Number 4. §11.3.3: at most once. */
function faultOfAccept(headers: HeaderList, key: string): HandshakeFaultKind | null {
  const accepts = headerValues(headers, "sec-websocket-accept");
  if (accepts.length === 0) return "accept-missing";
  if (accepts.length > 1) return "accept-duplicate";
  return accepts[0] === acceptFor(key) ? null : "accept-wrong";
}

/**
 * Number 6. §11.3.4: at most once. A response without a subprotocol is no fault, also when the client offered some (§4.2.2,
 * /subprotocol/).
 */
function faultOfProtocol(
  headers: HeaderList,
  offered: readonly string[],
): HandshakeFaultKind | null {
  const protocols = headerValues(headers, "sec-websocket-protocol");
  if (protocols.length > 1) return "protocol-duplicate";
  const protocol = protocols[0];
  // Subprotocol names are case-sensitive. An empty value is a fault, since no client offers one.
  if (protocol === undefined || offered.includes(protocol)) return null;
  return "protocol-not-offered";
}

/** The parts of a server's acceptance. */
export interface Acceptance {
  /** The key of the request. */
  readonly key: string;
  /** One of those that the request offers; null or "": none. */
  readonly protocol: string | null;
  /** The agreed extensions: `ExtensionAgreement.extensions`. Empty: none. */
  readonly extensions: readonly ExtensionOffer[];
  /** Further fields, such as Set-Cookie; not of {@link RESERVED_HEADERS}. */
  readonly headers: HeaderList;
}

/**
 * The 101 that completes the opening handshake (§4.2.2, number 5), every character one byte.
 * @throws MisuseError for any part that is not allowed at its place.
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
  // §4.2.2: the empty string is no legal value. A server without a subprotocol leaves the field out.
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

/** The parts of an answer besides its status and the bytes of its body. */
export interface Answer {
  /** The reason phrase. Default: that of RFC 9110 for the usual statuses, otherwise none. */
  readonly statusText?: string | undefined;
  /** Further fields; not of {@link RESERVED_HEADERS}. */
  readonly headers: HeaderList;
  /** Bytes of the body. To a HEAD request, of the one that a GET would have brought. */
  readonly bodyLength: number;
}

/**
 * The head of an answer that is no acceptance: a refusal, or plain HTTP. The head always announces the end of the
 * connection, because the engine reads one request for each connection.
 *
 * A 426 names the protocol for the upgrade (RFC 9110 §15.5.22) and our version (RFC 6455 §4.4). A 405 names the method (RFC
 * 9110 §15.5.6).
 *
 * The version is HTTP/1.1 for clients of HTTP/1.0 too, as RFC 9110 §2.5 wants. The head has no Date, because the engine has
 * no clock (RFC 9110 §6.6.1): a host with a clock can add the Date.
 *
 * @throws MisuseError for a status that is not from 200 to 999, a body where the status allows none, and any part that is
 * not allowed at its place.
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

/** RFC 9112 §4: the space before the reason phrase stays without a reason phrase. */
function statusLine(status: number, statusText: string | undefined): string {
  return `HTTP/1.1 ${status} ${statusText ?? ReasonPhrases[status] ?? ""}\r\n`;
}

/** RFC 9110 §15, RFC 6585: the usual statuses of answers to an opening handshake or to a plain request. */
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
