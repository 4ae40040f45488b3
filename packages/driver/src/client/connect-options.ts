/** The options of a client, and the checks of these options and of the URL. */

import {
  createKey,
  type Extension,
  encodeRequest,
  type HeaderList,
  headerValues,
  type Limits,
  MisuseError,
  parseWebSocketUri,
  type Timeouts,
} from "@sansocket/core";
import type { DeflateOptions } from "@sansocket/core/permessage-deflate";
import type { HeaderFields } from "../header-fields.ts";
import { anObjectOf, checkOptions, type KnownOptions, type OtherNames } from "../known-options.ts";
import {
  aBoolean,
  aCount,
  aFunction,
  anOpenTransport,
  aSignal,
  aString,
  aStringOrSeveral,
  judgedLater,
  type OptionKind,
  shown,
} from "../option-kinds.ts";
import { aDeflateOrOptions, type Deflate } from "../per-message-deflate.ts";
import type { TlsClientOptions } from "../runtime/dialing.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import type { SocketHooks } from "../socket/hooks.ts";

/** The HTTP proxy that `connect` goes through, by CONNECT. */
export interface ProxyOptions {
  /** "http://proxy.example:3128", or "https:" for TLS to the proxy itself. Userinfo becomes Proxy-Authorization. */
  readonly url: string;
  /** More header lines for the CONNECT request. */
  readonly headers?: HeaderFields;
  /** For a proxy that speaks TLS. */
  readonly tls?: TlsClientOptions;
}

/** The options of `connect`. An option that is not known, or of another type, is a MisuseError. */
export interface ConnectOptions<Data = undefined> {
  /** Subprotocols to offer, the most wanted first. Default none. */
  readonly protocols?: string | readonly string[];
  /** More header lines of the request: Origin, Cookie, Authorization. The engine writes the lines of the handshake. */
  readonly headers?: HeaderFields;
  /** An abort of the signal gives up in any phase, until `connect` has resolved. `connect` then rejects with code "aborted". */
  readonly signal?: AbortSignal;
  /** For wss:. Default: the system's certificates, and the host of the URL as server name. */
  readonly tls?: TlsClientOptions;
  /**
   * Compression of messages with permessage-deflate (RFC 7692): true, its options, or what `deflate` returned; a server may
   * decline. Default true where the runtime has DEFLATE, as in browsers.
   */
  readonly perMessageDeflate?: boolean | DeflateOptions | Deflate;
  /** Other extensions. Default none. */
  readonly extensions?: readonly Extension[];
  /** The amounts that the server can make us keep or accept. Default: the limits of a client. */
  readonly limits?: Partial<Limits>;
  /** ms. 0 turns a timeout off. `handshake` counts from the call of `connect` on: the name, TCP, the proxy, TLS and redirects. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * How many redirects to follow. Authorization, Cookie and Proxy-Authorization do not go to another origin. `cert`, `key` and
   * `serverName` of `tls` do not go to another host. No redirect is followed from wss to ws. Default 0: the client refuses a
   * redirect, as browsers do.
   */
  readonly redirects?: number;
  /** An HTTP proxy to reach the server through, by CONNECT (RFC 9110 §9.3.6). Default none. */
  readonly proxy?: string | ProxyOptions;
  /** A unix socket to connect to, in place of the URL's host and port. */
  readonly path?: string;
  /**
   * A transport that is connected already, in place of the URL's host and port. The transport itself provides TLS where TLS is
   * wanted.
   */
  readonly socket?: OpenTransport;
  /** Called for every frame that comes in or goes out. */
  readonly trace?: SocketHooks<Data>["trace"];
  /** The first value of `socket.data`. */
  readonly data?: Data;
}

const TLS: KnownOptions<TlsClientOptions> = {
  ca: aStringOrSeveral,
  cert: aString,
  key: aString,
  serverName: aString,
  rejectUnauthorized: aBoolean,
};

const PROXY: KnownOptions<ProxyOptions> = {
  url: judgedLater,
  headers: judgedLater,
  tls: anObjectOf(TLS),
};

const aProxy: OptionKind = (path, value) => {
  return typeof value === "string" ? undefined : checkOptions(path, value as object, PROXY);
};

const KNOWN: KnownOptions<ConnectOptions<unknown>> = {
  protocols: judgedLater,
  headers: judgedLater,
  signal: aSignal,
  tls: anObjectOf(TLS),
  perMessageDeflate: aDeflateOrOptions,
  extensions: judgedLater,
  limits: judgedLater,
  timeouts: judgedLater,
  redirects: aCount(0),
  proxy: aProxy,
  path: aString,
  socket: anOpenTransport,
  trace: aFunction,
  data: judgedLater,
};

/** The options that `ws` has for a client. */
const OTHER_NAMES: OtherNames = {
  origin: "headers: { Origin }",
  agent: "proxy",
  handshakeTimeout: "timeouts.handshake",
  closeTimeout: "timeouts.close",
  maxPayload: "limits.message",
  followRedirects: "redirects, a number",
  maxRedirects: "redirects, a number",
  rejectUnauthorized: "tls.rejectUnauthorized",
  ca: "tls.ca",
  cert: "tls.cert",
  key: "tls.key",
  servername: "tls.serverName",
};

export const CONNECT_OPTION_NAMES: readonly (keyof ConnectOptions)[] = Object.keys(
  KNOWN,
).sort() as (keyof ConnectOptions)[];

/**
 * @returns the options, each read once.
 * @throws MisuseError for names that are not known, also in `tls` and `proxy`, and for a value that cannot be meant.
 */
export function checkConnectOptions<Data>(given: ConnectOptions<Data>): ConnectOptions<Data> {
  if (typeof given === "string" || Array.isArray(given)) {
    const protocols = Array.isArray(given) ? shown(given) : JSON.stringify(given);
    throw new MisuseError(
      `subprotocols are an option here: connect(url, { protocols: ${protocols} })`,
    );
  }
  const options = checkOptions("options", given, KNOWN, OTHER_NAMES);
  requireOneWay(options as ConnectOptions<unknown>);
  if (options.proxy !== undefined) proxyUrl(options.proxy);
  return options;
}

/** Refuses options that exclude each other, because one of the options would have no effect. */
function requireOneWay({ socket, path, proxy, redirects = 0 }: ConnectOptions<unknown>): void {
  const ways = [socket && "socket", path !== undefined && "path", proxy !== undefined && "proxy"];
  const given = ways.filter((way) => typeof way === "string");
  if (given.length > 1) {
    throw new MisuseError(`options.${given.join(" and options.")} exclude each other`);
  }
  if (redirects > 0 && (socket !== undefined || path !== undefined)) {
    throw new MisuseError(`options.redirects leads elsewhere than options.${given[0]} does`);
  }
}

/**
 * Asks core whether such a request is possible, before any host is dialed. Otherwise a caller would hear of a mistake only where
 * a server listens, and a connection that nobody knows of would stay open.
 * @throws MisuseError
 */
export function checkRequest(url: URL, protocols: readonly string[], headers: HeaderList): void {
  const { hostHeader, resource } = parseWebSocketUri(withoutUserinfo(url));
  const key = createKey(new Uint8Array(16));
  const lines = withCredentials("Authorization", url, headers);
  encodeRequest({ hostHeader, resource, key, protocols, offers: null, headers: lines });
}

/**
 * Takes "ws:" and "wss:", and their newer spellings "http:" and "https:", as the WHATWG standard does. Refuses a fragment,
 * because a fragment is no part of a request.
 * @throws MisuseError
 */
export function webSocketUrl(given: string | URL): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new MisuseError(
      `${withoutSecrets(given)} is not a URL: give "ws://" or "wss://", a host and a path`,
    );
  }
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined) {
    throw new MisuseError(
      `the URL begins with "${url.protocol}": give "ws:" or "wss:" (RFC 6455 §3), or "http:" or "https:"`,
    );
  }
  if (url.hash !== "" || url.href.endsWith("#")) {
    throw new MisuseError(
      "the URL has a fragment, which a WebSocket URL may not have (RFC 6455 §3)",
    );
  }
  if (scheme === url.protocol) return url;
  return new URL(scheme + url.href.slice(url.protocol.length));
}

/**
 * The given URL, as an error message may show it. Errors are logged, and userinfo and query hold passwords and tokens. In a
 * malformed URL with an "@", nothing tells the userinfo from the rest of the URL.
 */
export function withoutSecrets(given: unknown): string {
  if (typeof given !== "string") return shown(given);
  if (given.includes("@")) return "the text given, which has an @ and is not repeated here,";
  const end = given.search(/[?#]/);
  return shown(end === -1 ? given : `${given.slice(0, end)}${given[end]}…`);
}

const SCHEMES: { readonly [protocol: string]: "ws:" | "wss:" | undefined } = {
  "ws:": "ws:",
  "wss:": "wss:",
  "http:": "ws:",
  "https:": "wss:",
};

export function withoutUserinfo(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}

/**
 * The header lines, with the userinfo of the URL as one more line. Header lines that have credentials already stay as they are,
 * because a request gives credentials once (RFC 9110 §5.3).
 */
export function withCredentials(
  name: "Authorization" | "Proxy-Authorization",
  url: URL,
  headers: HeaderList,
): HeaderList {
  const credentials = basicCredentials(url);
  const isGiven = headerValues(headers, name.toLowerCase()).length > 0;
  return credentials === null || isGiven ? headers : [[name, credentials], ...headers];
}

/** Userinfo of a URL as RFC 7617 sends it; null when there is none. */
function basicCredentials({ username, password }: URL): string | null {
  if (username === "" && password === "") return null;
  return `Basic ${btoa(`${percentDecoded(username)}:${percentDecoded(password)}`)}`;
}

/**
 * "Percent-decode" (url.spec.whatwg.org): a "%" without two hexadecimal digits behind it is no mistake there, and stands for
 * itself.
 * @param text ASCII, as a URL has it.
 * @returns one character per byte.
 */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_whole, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** @throws MisuseError */
export function proxyUrl(proxy: string | ProxyOptions): URL {
  const text = typeof proxy === "string" ? proxy : proxy.url;
  // RFC 3986 §3.1: the scheme is the same in capitals.
  if (typeof text !== "string" || !/^https?:/i.test(text)) {
    throw new MisuseError('options.proxy begins with neither "http://" nor "https://"');
  }
  try {
    return new URL(text);
  } catch {
    throw new MisuseError("options.proxy is not a URL");
  }
}
