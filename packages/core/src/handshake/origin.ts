/**
 * The Origin field (RFC 6455 §10.2, RFC 6454): which web pages may connect.
 *
 * A browser lets any page open a WebSocket to any server, and sends the user's cookies with the request. Only this check
 * protects the user's session from a hostile page (cross-site WebSocket hijacking). So the check is on by default, and
 * refuses an Origin that it cannot read.
 *
 * The check protects only users with a browser, because a browser writes the Origin itself. Any other client can write any
 * Origin.
 */
import { describeValue } from "../bytes/describe-value.ts";
import { isDigit } from "../bytes/digit.ts";
import {
  givenOptions,
  requireBoolean,
  requireList,
  requireString,
} from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { formatAuthority, NO_PORT, normalizeHost, parsePort, splitAuthority } from "./authority.ts";
import { seenServer } from "./forwarded.ts";
import type { HeaderList } from "./header-list.ts";

/** Which web pages a server lets in (RFC 6455 §10.2). */
export interface OriginPolicy {
  /**
   * Origins as browsers send them: scheme, host, port unless it is the default; no path, no slash at the end, no patterns.
   * "null" stands for pages without an origin, such as sandboxed frames and files. Every attacker can make such a page.
   * Default null: only the server's own origin, that is scheme, host and port of the server as the page sees it.
   */
  readonly allowedOrigins: readonly string[] | null;
  /**
   * Any page may connect. Only for services that do not recognize users by cookies or by anything else that browsers send
   * unasked. Default false.
   */
  readonly dangerouslyAllowAnyOrigin: boolean;
  /** The transport is TLS, so the scheme of the server's own origin is "https". Default false. */
  readonly secure: boolean;
  /**
   * A proxy stands before this server, for instance one that ends TLS, and writes X-Forwarded-Proto, -Host and -Port, or
   * Forwarded (RFC 7239). The engine then reads the server's own origin from these fields. Default false.
   */
  readonly trustProxy: boolean;
}

/** The policies that were checked. A request under such a policy needs no new check. */
const resolved: WeakSet<object> = new WeakSet();

/**
 * The policy with its defaults, its origins normalized.
 * @throws MisuseError for an origin that no browser can send, because such an origin would never match. Also for a value
 * that is neither true nor false in place of a boolean: the string "false" is truthy, and would allow every page.
 */
export function resolveOriginPolicy(options: Partial<OriginPolicy>): OriginPolicy {
  const {
    allowedOrigins = null,
    dangerouslyAllowAnyOrigin = false,
    secure = false,
    trustProxy = false,
  } = givenOptions("options", options);
  if (allowedOrigins !== null) requireList("allowedOrigins", allowedOrigins);
  for (const [name, value] of Object.entries({ dangerouslyAllowAnyOrigin, secure, trustProxy })) {
    requireBoolean(name, value);
  }
  const policy: OriginPolicy = {
    allowedOrigins: allowedOrigins?.map(checkedOrigin) ?? null,
    dangerouslyAllowAnyOrigin,
    secure,
    trustProxy,
  };
  resolved.add(policy);
  return policy;
}

function checkedOrigin(text: unknown, index: number): string {
  const origin = typeof text === "string" ? normalizeOrigin(text) : null;
  // RFC 3986 §3.2.2 allows a star in a host, but the star is no pattern there.
  if (origin !== null && !origin.includes("*")) return origin;
  throw new MisuseError(
    `allowedOrigins[${index}] ${describeValue(text)} is not an origin (RFC 6454 §6.2): give scheme, host and perhaps ` +
      'port, such as "https://app.example:8443", without path, slash at the end or pattern; for any origin set ' +
      "dangerouslyAllowAnyOrigin",
  );
}

/**
 * Whether the application gets the request. If not, the server answers with 403 (§10.2).
 * @param origin the value of the Origin field; null without the field: the client is no browser.
 * @param host the request's own host and port: `UpgradeHead.host`.
 * @param headers of the request; read only with `trustProxy`.
 * @param given a result of `resolveOriginPolicy`. Another policy is checked at each call.
 */
export function isOriginAllowed(
  origin: string | null,
  host: string,
  headers: HeaderList,
  given: OriginPolicy,
): boolean {
  if (origin !== null) requireString("origin", origin);
  requireString("host", host);
  requireList("headers", headers);
  const policy = resolved.has(given) ? given : resolveOriginPolicy(given);
  if (origin === null || policy.dangerouslyAllowAnyOrigin) return true;
  const asking = normalizeOrigin(origin);
  if (asking === null) return false;
  if (policy.allowedOrigins !== null) {
    return policy.allowedOrigins.some((allowed) => normalizeOrigin(allowed) === asking);
  }
  return asking === ownOrigin(host, headers, policy);
}

/** The server's own origin, as the browser of the request sees it; null when the request does not tell it. */
export function ownOrigin(host: string, headers: HeaderList, policy: OriginPolicy): string | null {
  const scheme = policy.secure ? "https" : "http";
  const seen = policy.trustProxy ? seenServer(headers, { scheme, host }) : { scheme, host };
  return seen.scheme === null ? null : normalizeOrigin(`${seen.scheme}://${seen.host}`);
}

/**
 * One origin (RFC 6454 §6.2) in the spelling that can be compared: lower case, without the default port. Schemes other
 * than those of the web pass too, for pages inside applications ("capacitor://localhost", "file://").
 * @returns "null" for the origin of pages without one; null for malformed text. A list of origins is malformed too, since a
 * browser sends one origin.
 */
export function normalizeOrigin(text: string): string | null {
  requireString("an origin", text);
  if (text === "null") return "null";
  const schemeEnd = text.indexOf("://");
  if (!isScheme(text, schemeEnd)) return null;
  const scheme = text.slice(0, schemeEnd).toLowerCase();
  const defaultPort = defaultPortOf(scheme);
  const written = splitAuthority(text.slice(schemeEnd + 3));
  // Each scheme of the web has a host; "file" has none.
  if (written.host === "" && written.port === "" && defaultPort === NO_PORT) {
    return `${scheme}://`;
  }
  const host = normalizeHost(written.host);
  const port = parsePort(written.port, defaultPort);
  if (host === null || port === null) return null;
  return `${scheme}://${formatAuthority(host, port, defaultPort)}`;
}

function defaultPortOf(scheme: string): number {
  if (scheme === "https" || scheme === "wss") return 443;
  return scheme === "http" || scheme === "ws" ? 80 : NO_PORT;
}

/** RFC 3986 §3.1: a letter, then letters, digits and "+-.". */
function isScheme(text: string, end: number): boolean {
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    const isOther = isDigit(code) || code === 0x2b || code === 0x2d || code === 0x2e;
    if (!isLetter && (at === 0 || !isOther)) return false;
  }
  return end > 0;
}
