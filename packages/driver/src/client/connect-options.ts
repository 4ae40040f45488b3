/** The options of a client, and the place to which they lead. */

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
import { anObjectOf, checkOptions, type KnownOptions } from "../known-options.ts";
import {
  aBoolean,
  aBooleanOrObject,
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
  /** More header lines of the request: Origin, Cookie, Authorization. Those of the handshake are the engine's. */
  readonly headers?: HeaderFields;
  /** Gives up, in any phase, until `connect` has resolved; it then rejects with code "aborted". */
  readonly signal?: AbortSignal;
  /** For wss:. Default: the system's certificates, and the host of the URL as server name. */
  readonly tls?: TlsClientOptions;
  /**
   * Compression of messages with permessage-deflate (RFC 7692): true, or its options; a server may decline. Default true where
   * the runtime has DEFLATE, as in browsers.
   */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /** Other extensions. Default none. */
  readonly extensions?: readonly Extension[];
  /** How much the server can make us keep or accept. Default: those of a client. */
  readonly limits?: Partial<Limits>;
  /** ms; 0 turns one off. `handshake` counts from the call on: the name, TCP, the proxy, TLS, redirects included. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * How many redirects to follow. Authorization, Cookie and Proxy-Authorization do not go to another origin, `cert`, `key`
   * and `serverName` of `tls` not to another host, and nothing goes from wss to ws. Default 0: a redirect is refused, as
   * browsers do.
   */
  readonly redirects?: number;
  /** An HTTP proxy to reach the server through, by CONNECT (RFC 9110 §9.3.6). Default none. */
  readonly proxy?: string | ProxyOptions;
  /** A unix socket to connect to, in place of the URL's host and port. */
  readonly path?: string;
  /** A transport that is connected already, in place of the URL's host and port; TLS, if any, is its own business. */
  readonly socket?: OpenTransport;
  /** Every frame, in and out. */
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
  perMessageDeflate: aBooleanOrObject,
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

export const CONNECT_OPTION_NAMES: readonly (keyof ConnectOptions)[] = Object.keys(
  KNOWN,
).sort() as (keyof ConnectOptions)[];

/**
 * @returns the options, each read once.
 * @throws MisuseError for names that are not known, also in `tls` and `proxy`, and for what cannot be meant.
 */
export function checkConnectOptions<Data>(given: ConnectOptions<Data>): ConnectOptions<Data> {
  if (typeof given === "string" || Array.isArray(given)) {
    const protocols = Array.isArray(given) ? shown(given) : JSON.stringify(given);
    throw new MisuseError(
      `subprotocols are an option here: connect(url, { protocols: ${protocols} })`,
    );
  }
  const options = checkOptions("options", given, KNOWN);
  requireOneWay(options as ConnectOptions<unknown>);
  if (options.proxy !== undefined) proxyUrl(options.proxy);
  return options;
}

/** An option that would be passed over in silence is a mistake. */
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
 * Asks core whether this can be asked for, before anybody is dialed: otherwise a caller would hear of a mistake only from
 * where a server listens, and be left with a connection that nobody knows of.
 * @throws MisuseError
 */
export function checkRequest(url: URL, protocols: readonly string[], headers: HeaderList): void {
  const { hostHeader, resource } = parseWebSocketUri(withoutUserinfo(url));
  const key = createKey(new Uint8Array(16));
  const lines = withCredentials("Authorization", url, headers);
  encodeRequest({ hostHeader, resource, key, protocols, offers: null, headers: lines });
}

/**
 * "ws:", "wss:", and as their newer spellings "http:" and "https:", as the WHATWG standard has it; a fragment is no part
 * of what is asked for, and is refused.
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
 * The given URL, as an error message may show it: errors are logged, and userinfo and query hold passwords and tokens. In a
 * malformed URL with an "@" the userinfo cannot be told from the rest.
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
 * The header lines, with the userinfo of the URL in them; unless they say themselves who is asking, since a request says it
 * once (RFC 9110 §5.3).
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
