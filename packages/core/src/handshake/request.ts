/**
 * The client's part of the opening handshake: a server judges it (RFC 6455 §4.2.1), and a client writes it (§4.1). Both
 * functions are pure. The verdict takes a header list from any HTTP stack, not only from `http-head.ts`. So the verdict
 * repeats the checks that such a stack may leave out.
 */
import { describeValue } from "../bytes/describe-value.ts";
import { requireList, requireObject, requireString } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { type ExtensionOffer, parseExtensions } from "../extension/extension-header.ts";
import { URL_NAME_CHARACTERS } from "./authority.ts";
import { contentLengthOf, hasTransferCoding, isChunkedLast } from "./body-length.ts";
import { type HandshakeFault, type HandshakeFaultKind, requestFault } from "./handshake-fault.ts";
import {
  checkOutgoingHeaders,
  checkOutgoingText,
  formatHeaders,
  type HeaderList,
  hasListToken,
  headerValues,
  RESERVED_HEADERS,
} from "./header-list.ts";
import { isValidKey } from "./opening-key.ts";
import { isAuthority, isTargetCode, parseRequestTarget } from "./request-target.ts";
import { checkProtocols, parseProtocols } from "./subprotocol.ts";

/** §4.1: the version of RFC 6455, the only version that the engine speaks. */
export const WEBSOCKET_VERSION = "13";

/** The head of an HTTP request, from this engine's reader or from any other HTTP stack. */
export interface RequestHead {
  /** The method as the peer sent it. The case counts. */
  readonly method: string;
  /** The request-target as it was sent (RFC 9112 §3.2). */
  readonly target: string;
  /** Of HTTP/1.x. */
  readonly minorVersion: 0 | 1;
  /** The header lines, in their order. */
  readonly headers: HeaderList;
}

/** A sound request to open a WebSocket. The server still has to decide about the request. */
export interface UpgradeHead extends RequestHead {
  /** Marks this kind; {@link PlainHead} has "plain". */
  readonly kind: "upgrade";
  /** §3, the resource name: path and query, beginning with "/", also when the peer sent an absolute URI. */
  readonly target: string;
  /**
   * Host and port as written: from the target if the target is absolute (RFC 9112 §3.2.2), otherwise from the Host field.
   */
  readonly host: string;
  /** §10.2: the Origin field. null without the field: the client is no browser. `isOriginAllowed` judges the value. */
  readonly origin: string | null;
  /** The value of Sec-WebSocket-Key, valid (§4.2.1, number 5). */
  readonly key: string;
  /** The subprotocols offered, in the client's order of preference. */
  readonly protocols: readonly string[];
  /** The extensions offered, in the client's order of preference. */
  readonly offers: readonly ExtensionOffer[];
}

/** Any other sound request. Answer it with HTTP; with 426 if the server has no pages. */
export interface PlainHead extends RequestHead {
  /** Marks this kind; {@link UpgradeHead} has "upgrade". */
  readonly kind: "plain";
  /** Path and query, also when the peer sent an absolute URI; "*" for OPTIONS, host and port for CONNECT. */
  readonly target: string;
  /** As in {@link UpgradeHead}; "" when the request names no host, which HTTP/1.0 allows. */
  readonly host: string;
  /** Bytes of the body; null when the head does not tell them, as for a chunked body. Infinity above 2^53 - 1. */
  readonly contentLength: number | null;
}

/** A request to answer with `fault.status`. Its target and headers are as the peer sent them. */
export interface RefusedRequest extends RequestHead {
  /** Marks this kind: the request has a fault. */
  readonly kind: "refused";
  /** The rule that the request breaks, and the status of the answer. */
  readonly fault: HandshakeFault;
}

/** The verdict of {@link judgeRequest}. */
export type RequestVerdict = UpgradeHead | PlainHead | RefusedRequest;

/**
 * Judges a request. The first fault counts. The order is the order of the code: first the rules of all requests, then the
 * details.
 */
export function judgeRequest(head: RequestHead): RequestVerdict {
  requireObject("head", head);
  const { method, minorVersion, headers } = head;
  requireString("head.method", method);
  requireString("head.target", head.target);
  requireMinorVersion(minorVersion);
  requireList("head.headers", headers);
  const target = parseRequestTarget(method, head.target);
  if (target === null) return refused(head, "target-malformed");
  const hosts = headerValues(headers, "host");
  const hostFault = faultOfHosts(hosts, minorVersion);
  if (hostFault !== null) return refused(head, hostFault);
  const host = target.authority ?? hosts[0] ?? "";
  const contentLength = contentLengthOf(headers);
  const bodyFault = faultOfBody(headers, contentLength, minorVersion);
  if (bodyFault !== null) return refused(head, bodyFault);

  const asksForWebSocket = hasListToken(headerValues(headers, "upgrade"), "websocket");
  const keys = headerValues(headers, "sec-websocket-key");
  const versions = headerValues(headers, "sec-websocket-version");
  // RFC 9110 §7.8: the Upgrade field of an HTTP/1.0 request MUST be ignored.
  if (minorVersion === 0 || (!asksForWebSocket && keys.length === 0 && versions.length === 0)) {
    return {
      kind: "plain",
      method,
      target: target.resource,
      host,
      minorVersion,
      headers,
      contentLength,
    };
  }
  // A WebSocket client sent this request, and its Upgrade field was lost, usually in a proxy that does not forward the
  // field.
  if (!asksForWebSocket) return refused(head, "upgrade-missing");

  const fault =
    faultOfUpgrade(method, headers) ?? faultOfVersions(versions) ?? faultOfKeys(keys) ?? null;
  if (fault !== null) return refused(head, fault);
  // §4.2.1 wants the server's authority in the Host field. An empty Host is allowed for other requests (RFC 9112 §3.2), but
  // not here.
  if (host === "") return refused(head, "host-malformed");
  const origins = headerValues(headers, "origin");
  if (origins.length > 1) return refused(head, "origin-duplicate");
  const protocols = parseProtocols(headerValues(headers, "sec-websocket-protocol"));
  if (protocols === null) return refused(head, "protocol-malformed");
  const offers = parseExtensions(headerValues(headers, "sec-websocket-extensions"));
  if (offers === null) return refused(head, "extensions-malformed");
  return {
    kind: "upgrade",
    method,
    target: target.resource,
    host,
    minorVersion,
    headers,
    origin: origins[0] ?? null,
    key: keys[0]!,
    protocols,
    offers,
  };
}

/** @throws MisuseError for a version that is neither HTTP/1.0 nor HTTP/1.1. */
export function requireMinorVersion(minorVersion: unknown): void {
  if (minorVersion === 0 || minorVersion === 1) return;
  throw new MisuseError(
    `head.minorVersion is ${describeValue(minorVersion)}: give 0 or 1, for HTTP/1.0 and HTTP/1.1`,
  );
}

function refused(head: RequestHead, kind: HandshakeFaultKind): RefusedRequest {
  const { method, target, minorVersion, headers } = head;
  return { kind: "refused", fault: requestFault(kind), method, target, minorVersion, headers };
}

/** RFC 9112 §3.2: 400 for an HTTP/1.1 request without a Host field, for any request with two, and for an invalid value. */
function faultOfHosts(hosts: readonly string[], minorVersion: 0 | 1): HandshakeFaultKind | null {
  if (hosts.length > 1) return "host-duplicate";
  const host = hosts[0];
  if (host === undefined) return minorVersion === 1 ? "host-missing" : null;
  return host === "" || isAuthority(host) ? null : "host-malformed";
}

/** RFC 9112 §6.3: 400 for a request whose body could end at different places for two recipients. */
function faultOfBody(
  headers: HeaderList,
  contentLength: number | null,
  minorVersion: 0 | 1,
): HandshakeFaultKind | null {
  if (contentLength !== null && Number.isNaN(contentLength)) {
    return "content-length-malformed";
  }
  if (!hasTransferCoding(headers)) return null;
  // §6.1: the chunked length counts, but another recipient on the path may have read the Content-Length.
  if (contentLength !== null) return "body-length-ambiguous";
  // §6.1: HTTP/1.0 has no transfer codings.
  return minorVersion === 1 && isChunkedLast(headers) ? null : "transfer-encoding-malformed";
}

/** §4.2.1, numbers 1 and 4, and the fields that would make the bytes behind the head something else than frames. */
function faultOfUpgrade(method: string, headers: HeaderList): HandshakeFaultKind | null {
  if (method !== "GET") return "method-not-get";
  // Two recipients may read the length of a body differently. One of them would then take body bytes for frames, or frames
  // for body bytes.
  const lengths = headerValues(headers, "content-length");
  const hasBody = lengths.some((length) => length !== "0") || hasTransferCoding(headers);
  if (hasBody) return "body-in-upgrade";
  const connection = headerValues(headers, "connection");
  if (!hasListToken(connection, "upgrade")) return "connection-upgrade-missing";
  // RFC 9112 §9.6: "close" announces that no bytes follow the answer on this connection.
  if (hasListToken(connection, "close")) return "connection-close";
  return null;
}

/**
 * §4.2.1, number 6. The version is judged before the key, so that a client of another version gets our version in the
 * answer (§4.4). §11.3.5: at most once.
 */
function faultOfVersions(versions: readonly string[]): HandshakeFaultKind | null {
  if (versions.length === 0) return "version-missing";
  const isOurs = versions.length === 1 && versions[0] === WEBSOCKET_VERSION;
  return isOurs ? null : "version-unsupported";
}

/** §4.2.1, number 5. §11.3.1: at most once. */
function faultOfKeys(keys: readonly string[]): HandshakeFaultKind | null {
  const key = keys[0];
  if (key === undefined) return "key-missing";
  if (keys.length > 1) return "key-duplicate";
  return isValidKey(key) ? null : "key-malformed";
}

/** The parts of a client's opening request. */
export interface OpeningRequest {
  /** Host, and port unless it is the default one: `WebSocketUri.hostHeader`. */
  readonly hostHeader: string;
  /** Path and query, beginning with "/": `WebSocketUri.resource`. */
  readonly resource: string;
  /** From `createKey`. */
  readonly key: string;
  /** In order of preference; empty: none. */
  readonly protocols: readonly string[];
  /** From `formatExtensions`; null or "": none. */
  readonly offers: string | null;
  /** Further fields, such as Origin, Cookie or Authorization; not of {@link RESERVED_HEADERS}. */
  readonly headers: HeaderList;
}

/**
 * The client's opening handshake (§4.1), every character one byte.
 * @throws MisuseError for any part that is not allowed at its place, so that no part of the application can begin a new
 * line.
 */
export function encodeRequest(request: OpeningRequest): string {
  requireObject("request", request);
  const { hostHeader, resource, key, protocols, offers, headers } = request;
  if (typeof hostHeader !== "string" || !isAuthority(hostHeader, URL_NAME_CHARACTERS)) {
    throw new MisuseError(
      `hostHeader ${describeValue(hostHeader)} is not a host with an optional port (RFC 9110 §7.2)`,
    );
  }
  checkResource(resource);
  if (!isValidKey(key)) {
    throw new MisuseError("key is not 16 bytes in base64 (RFC 6455 §4.1): take createKey's");
  }
  checkProtocols(protocols);
  if (offers !== null) checkOutgoingText("offers", offers);
  checkOutgoingHeaders(headers, RESERVED_HEADERS);
  const lines: [name: string, value: string][] = [
    ["Host", hostHeader],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", WEBSOCKET_VERSION],
  ];
  if (protocols.length > 0) lines.push(["Sec-WebSocket-Protocol", protocols.join(", ")]);
  if (offers !== null && offers !== "") lines.push(["Sec-WebSocket-Extensions", offers]);
  return `GET ${resource} HTTP/1.1\r\n${formatHeaders(lines)}${formatHeaders(headers)}\r\n`;
}

function checkResource(resource: string): void {
  requireString("resource", resource);
  let isSound = resource.startsWith("/");
  for (let at = 0; at < resource.length; at += 1) {
    if (!isTargetCode(resource.charCodeAt(at))) isSound = false;
  }
  if (isSound) return;
  throw new MisuseError(
    // The message leaves out the query, because a query may hold a token.
    `resource ${describeValue(resource.split("?", 1)[0])} is not a path with an optional query (RFC 6455 §3): it begins ` +
      'with "/" and has no spaces, no "#", no control and no other than ASCII characters; percent-encode those',
  );
}
