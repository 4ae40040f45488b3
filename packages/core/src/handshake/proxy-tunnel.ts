/**
 * A client's exchange with an HTTP proxy: CONNECT, and the proxy's answer (RFC 9110 §9.3.6). RFC 6455 §4.1 lets the client
 * choose whether to use a proxy. This exchange then comes before TLS and the opening handshake.
 */
import { describeValue } from "../bytes/describe-value.ts";
import {
  givenOptions,
  requireBoolean,
  requireCount,
  requireObject,
} from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { encodeLatin1 } from "../bytes/latin1.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { formatAuthority, NO_PORT, normalizeHost, URL_NAME_CHARACTERS } from "./authority.ts";
import { type HandshakeFault, responseFault } from "./handshake-fault.ts";
import {
  checkOutgoingHeaders,
  formatHeaders,
  type HeaderList,
  RESERVED_HEADERS,
} from "./header-list.ts";
import { type HeadLimits, readResponseHead, restartHttpHead } from "./http-head.ts";
import { createHttpHeadReader, type HttpHeadReader } from "./http-head-reader.ts";
import type { ResponseHead, ServerResponse } from "./response.ts";
import {
  createResponseBody,
  endResponseBody,
  type ResponseBody,
  readResponseBody,
} from "./response-body.ts";

/** The target of a CONNECT request to a proxy (RFC 9110 §9.3.6). */
export interface ProxyTunnelOptions {
  /** The server to reach: a name, or an address without brackets, as {@link parseWebSocketUri} answers it. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** More header lines, for instance Proxy-Authorization; not of {@link RESERVED_HEADERS}. Default none. */
  readonly headers?: HeaderList;
}

/** Plain data. */
export interface ProxyTunnel {
  /** The request. Send these bytes first. */
  readonly request: Uint8Array;
  /** @internal The state of the reader of the answer. */
  readonly reader: HttpHeadReader;
  /** The body of a refusal, while it is read. */
  body: ResponseBody | null;
  /** null until the answer is complete. */
  outcome: ProxyTunnelOutcome | null;
}

/** The answer of the proxy. */
export type ProxyTunnelOutcome =
  /** The bytes behind the answer are from the server. */
  | { readonly kind: "established"; readonly response: ResponseHead }
  /** The refusal, with at most `limits.refusalBody` bytes of its body. Bytes behind them are not taken. */
  | { readonly kind: "refused"; readonly response: ServerResponse }
  | { readonly kind: "faulty"; readonly fault: HandshakeFault };

/** Limits for the answer of a proxy. */
export interface ProxyTunnelLimits extends HeadLimits {
  /**
   * The most bytes to read of a refusal's body, which may hold the reason. Default 0: the refusal is reported at its head.
   */
  readonly refusalBody?: number;
}

/** @throws MisuseError for a host, port or header that cannot be sent. */
export function createProxyTunnel(options: ProxyTunnelOptions): ProxyTunnel {
  const { host, port, headers = [] } = givenOptions("options", options);
  checkOutgoingHeaders(headers, RESERVED_HEADERS);
  const target = targetOf(host, port);
  const head = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${formatHeaders(headers)}\r\n`;
  const request = new Uint8Array(head.length);
  encodeLatin1(head, request, 0);
  return { request, reader: createHttpHeadReader("response"), body: null, outcome: null };
}

/** The authority-form (RFC 9112 §3.2.3): host and port, the latter always; the Host field repeats it (§3.2). */
function targetOf(host: string, port: number): string {
  if (typeof host !== "string") {
    throw new MisuseError(`the host of a tunnel is of type ${typeof host}: give a string`);
  }
  // A host with a colon is an IPv6 address or a mistake. With brackets around it, the parser finds that "a.example:80" is
  // no address.
  const written = host.includes(":") ? `[${host}]` : host;
  const normalized = normalizeHost(written, URL_NAME_CHARACTERS);
  if (normalized === null) {
    throw new MisuseError(
      `the host of a tunnel, ${JSON.stringify(host.slice(0, 64))}, is no name and no address (RFC 3986 §3.2.2): ` +
        "give one without brackets and port, names of other than ASCII characters in their xn-- form",
    );
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new MisuseError(
      `the port of a tunnel is ${describeValue(port)}: give a number from 1 to 65535 (RFC 9110 §9.3.6)`,
    );
  }
  // No port is the default one: the target of CONNECT always names its port.
  return formatAuthority(normalized, port, NO_PORT);
}

/**
 * Reads `bytes[start, end)` of the proxy's answer. The function neither writes to the bytes nor keeps them.
 * @returns the index behind the last taken byte. When the proxy has accepted, the bytes from there on belong to the tunnel.
 */
export function readProxyTunnel(
  tunnel: ProxyTunnel,
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: ProxyTunnelLimits,
): number {
  requireTunnel(tunnel);
  const { reader } = tunnel;
  requireRange(bytes, start, end);
  requireObject("limits", limits);
  for (const name of ["headBytes", "headers", "lineBytes"] as const) {
    requireCount(`limits.${name}`, limits[name]);
  }
  const { refusalBody = 0 } = limits;
  requireCount("limits.refusalBody", refusalBody);
  let at = start;
  while (tunnel.outcome === null && at < end) {
    if (tunnel.body !== null) {
      at = readResponseBody(tunnel.body, bytes, at, end);
      if (tunnel.body.done) refuse(tunnel, tunnel.body);
      continue;
    }
    at = readResponseHead(reader, bytes, at, end, limits);
    if (reader.fault !== null) tunnel.outcome = { kind: "faulty", fault: reader.fault };
    else if (reader.done) judge(tunnel, refusalBody);
  }
  return at;
}

/**
 * No more bytes come: a refusal is reported with the part of its body that has arrived.
 * @param isEndOfStream true: the proxy has ended its stream, which ends a body without a length. false: the host does not
 * wait longer.
 */
export function endProxyTunnel(tunnel: ProxyTunnel, isEndOfStream: boolean): void {
  requireTunnel(tunnel);
  requireBoolean("isEndOfStream", isEndOfStream);
  const { body } = tunnel;
  if (body === null || tunnel.outcome !== null) return;
  endResponseBody(body);
  if (!isEndOfStream) body.truncated = true;
  refuse(tunnel, body);
}

function requireTunnel(tunnel: ProxyTunnel): void {
  requireObject("tunnel", tunnel);
  if (isBytes(tunnel.reader?.element) && (tunnel.body === null || isBytes(tunnel.body?.bytes))) {
    return;
  }
  throw new MisuseError("tunnel is none: give what createProxyTunnel returned");
}

function requireRange(bytes: Uint8Array, start: number, end: number): void {
  if (!isBytes(bytes)) throw new MisuseError("bytes are not in a Uint8Array");
  const isSound =
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    start >= 0 &&
    start <= end &&
    end <= bytes.length;
  if (isSound) return;
  throw new MisuseError(
    `${describeValue(start)} to ${describeValue(end)} is not within ${bytes.length} bytes`,
  );
}

function headOf({ reader }: ProxyTunnel): ResponseHead {
  const { statusCode: status, statusText, headers, minorVersion } = reader;
  return { status, statusText, headers, minorVersion };
}

function refuse(tunnel: ProxyTunnel, body: ResponseBody): void {
  const isBodyTruncated = body.truncated || body.malformed;
  const response = { ...headOf(tunnel), body: body.bytes, isBodyTruncated };
  tunnel.outcome = { kind: "refused", response };
}

function judge(tunnel: ProxyTunnel, refusalBody: number): void {
  const response = headOf(tunnel);
  const { status } = response;
  if (status === 101) {
    // RFC 9110 §15.2.2: a 101 is final, because the bytes behind it are no HTTP. The 101 is a fault and no refusal: §7.8
    // forbids a switch to a protocol that the request's Upgrade field did not name, and a CONNECT request has no such
    // field.
    const fault = responseFault("upgrade-not-requested");
    tunnel.outcome = { kind: "faulty", fault };
  } else if (status < 200) {
    restartHttpHead(tunnel.reader); // RFC 9110 §15.2: interim, the answer is still to come
  } else if (status < 300) {
    // §9.3.6: any 2xx is a tunnel, and Content-Length and Transfer-Encoding in it mean nothing.
    tunnel.outcome = { kind: "established", response };
  } else {
    tunnel.body = createResponseBody(response, refusalBody);
    if (tunnel.body.done) refuse(tunnel, tunnel.body);
  }
}
