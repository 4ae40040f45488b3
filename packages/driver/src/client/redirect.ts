/** Redirects (RFC 9110 §15.4), for a client that was told to follow them. */
import {
  type HeaderList,
  headerValues,
  parseWebSocketUri,
  type ServerResponse,
} from "@sansocket/core";
import { ConnectError } from "../errors.ts";
import type { TlsClientOptions } from "../runtime/dialing.ts";

/** Statuses that name another place for the same GET. */
export const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** Header fields that another origin must not learn. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

export function isRedirect(response: ServerResponse | null): response is ServerResponse {
  return response !== null && REDIRECTS.includes(response.status);
}

/**
 * The URL to which the answer sends us.
 * @throws ConnectError when the answer names no usable place, and when the redirect leads from TLS to plain text.
 */
export function redirectTarget(response: ServerResponse, from: URL): URL {
  const [location] = headerValues(response.headers, "location");
  const refuse = (why: string): ConnectError =>
    new ConnectError(
      "redirect-refused",
      `the server redirects with ${response.status}, but ${why}`,
      {
        response,
      },
    );
  if (location === undefined) throw refuse("does not say where to");
  let url: URL;
  try {
    // The base is the http form of the URL, because most servers write http. Relative references work the same with this base.
    url = new URL(location, from.href.replace(/^ws/, "http"));
  } catch {
    throw refuse("to what is no URL");
  }
  if (!["http:", "https:", "ws:", "wss:"].includes(url.protocol)) {
    throw refuse(`to "${url.protocol}", which no WebSocket is reached by`);
  }
  const isSecure = url.protocol === "https:" || url.protocol === "wss:";
  if (from.protocol === "wss:" && !isSecure)
    throw refuse("from wss to ws: what was secret would be read");
  url.hash = "";
  url.username = "";
  url.password = "";
  const target = new URL(url.href.replace(/^(https|http|wss|ws):/, isSecure ? "wss:" : "ws:"));
  try {
    parseWebSocketUri(target.href);
  } catch {
    // A URL may have port 0, and a WebSocket URI may not. The server has made this mistake, not the caller.
    throw refuse("to what is no WebSocket URI (RFC 6455 §3)");
  }
  // The caller decides about credentials. A server may neither choose credentials nor send credentials to another origin.
  const isKept = isSameOrigin(from, target);
  target.username = isKept ? from.username : "";
  target.password = isKept ? from.password : "";
  return target;
}

function isSameOrigin(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && one.host === other.host;
}

/** The header lines for the new place. */
export function headersFor(headers: HeaderList, from: URL, to: URL): HeaderList {
  if (isSameOrigin(from, to)) return headers;
  return headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()));
}

/**
 * The TLS options for the new place: another host has another server name, and our client certificate was not meant for that
 * host. The trusted authorities stay the same.
 */
export function tlsFor(tls: TlsClientOptions, from: URL, to: URL): TlsClientOptions {
  if (from.hostname === to.hostname) return tls;
  const { serverName, cert, key, ...others } = tls;
  // The copy has no prototype, as the options have none. So no member that all objects inherit is read as an option.
  return Object.assign(Object.create(null), others);
}
