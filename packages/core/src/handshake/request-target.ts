/**
 * The request-target of RFC 9112 §3.2 and the host that a request is for. RFC 6455 calls what remains, path and query,
 * the resource name (§3).
 */
import { equalsIgnoringCase } from "../bytes/http-token.ts";
import { authorityEnd, normalizeHost, parsePort, splitAuthority } from "./authority.ts";

export interface RequestTarget {
  readonly form: "origin" | "absolute" | "asterisk" | "authority";
  /** The authority, host and port as written; null where the target names none. */
  readonly authority: string | null;
  /** Path and query, at least "/"; of "*" and of an authority the target itself. */
  readonly resource: string;
}

const SLASH = 0x2f;

/**
 * Visible ASCII except "#": RFC 6455 §3 allows no fragment. RFC 3986 forbids a few characters more ("|", "^", a single
 * "%"), but browsers leave them in queries, so they are accepted.
 */
export function isTargetCode(code: number): boolean {
  return code > 0x20 && code < 0x7f && code !== 0x23;
}

/** @returns null for a malformed target, and for a form that the method does not allow. */
export function parseRequestTarget(method: string, target: string): RequestTarget | null {
  for (let at = 0; at < target.length; at += 1) {
    if (!isTargetCode(target.charCodeAt(at))) return null;
  }
  // RFC 9112 §3.2.3 and §3.2.4: each of these two forms has one method.
  if (method === "CONNECT") {
    return isAuthority(target) ? { form: "authority", authority: target, resource: target } : null;
  }
  if (target === "*") {
    return method === "OPTIONS" ? { form: "asterisk", authority: null, resource: "*" } : null;
  }
  if (target.charCodeAt(0) === SLASH) {
    return { form: "origin", authority: null, resource: target };
  }
  return parseAbsoluteForm(target);
}

/**
 * RFC 9112 §3.2.2. The absolute-form is made for proxies, but every server MUST accept it. The engine accepts the schemes
 * http, https, ws and wss.
 */
function parseAbsoluteForm(target: string): RequestTarget | null {
  const colon = target.indexOf("://");
  if (colon === -1) return null;
  const scheme = target.slice(0, colon);
  const isOurs =
    equalsIgnoringCase(scheme, "http") ||
    equalsIgnoringCase(scheme, "https") ||
    equalsIgnoringCase(scheme, "ws") ||
    equalsIgnoringCase(scheme, "wss");
  if (!isOurs) return null;
  const start = colon + 3;
  const end = authorityEnd(target, start);
  const authority = target.slice(start, end);
  // Userinfo is refused too: RFC 9110 §4.2.4 wants recipients to treat userinfo as an error, since attackers use it to
  // deceive.
  if (!isAuthority(authority)) return null;
  const rest = target.slice(end);
  const resource = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
  return { form: "absolute", authority, resource };
}

/**
 * RFC 9110 §7.2: `uri-host [ ":" port ]`, with a host that is not empty and no userinfo.
 * @param further characters of names, besides those of RFC 3986 §3.2.2.
 */
export function isAuthority(text: string, further: string = ""): boolean {
  const { host, port } = splitAuthority(text);
  return normalizeHost(host, further) !== null && parsePort(port, 0) !== null;
}
