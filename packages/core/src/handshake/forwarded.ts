/**
 * The reports of proxies about a request that they pass on: the X-Forwarded fields, and the Forwarded field of RFC 7239.
 * Every client can write these fields. So the engine reads them only with `trustProxy`: a proxy stands before the server
 * and writes the fields itself.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { requireList, requireObject, requireString } from "../bytes/given-arguments.ts";
import { equalsIgnoringCase, trimWhitespace } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { parsePort, splitAuthority } from "./authority.ts";
import { type HeaderList, headerValues } from "./header-list.ts";

/** The scheme and the host by which a browser has asked for the server. */
export interface SeenServer {
  /** null: the proxy names a scheme that no browser speaks. */
  readonly scheme: "http" | "https" | null;
  /** Host and perhaps port, as written. */
  readonly host: string;
}

/**
 * The first element counts: the proxy next to the browser wrote it. A client that is no browser could put an element before
 * it, but a page cannot add fields to an opening handshake, and the check of the Origin protects against pages only.
 * @param own the scheme and the host to use when the fields tell no other.
 */
export function seenServer(
  headers: HeaderList,
  own: SeenServer & { readonly scheme: "http" | "https" },
): SeenServer {
  requireObject("own", own);
  requireString("own.host", own.host);
  if (own.scheme !== "http" && own.scheme !== "https") {
    throw new MisuseError(`own.scheme is ${describeValue(own.scheme)}: give "http" or "https"`);
  }
  const proto =
    firstElement(headers, "x-forwarded-proto") ?? forwardedParameter(headers, "proto")[0] ?? null;
  const host =
    firstElement(headers, "x-forwarded-host") ?? forwardedParameter(headers, "host")[0] ?? own.host;
  const port = firstElement(headers, "x-forwarded-port");
  return {
    scheme: proto === null ? own.scheme : schemeOf(proto),
    host: port === null ? host : withPort(host, port),
  };
}

/** A port in the host comes from the browser itself, so this port counts. */
function withPort(host: string, port: string): string {
  const isPort = port !== "" && parsePort(port, 0) !== null;
  return isPort && host !== "" && splitAuthority(host).port === "" ? `${host}:${port}` : host;
}

/** The scheme of the pages of a server that is spoken to by `proto`; proxies write either pair. */
function schemeOf(proto: string): "http" | "https" | null {
  if (equalsIgnoringCase(proto, "https") || equalsIgnoringCase(proto, "wss")) return "https";
  if (equalsIgnoringCase(proto, "http") || equalsIgnoringCase(proto, "ws")) return "http";
  return null;
}

/**
 * The address of the peer of the outermost trusted proxy, counted from the right. Each proxy appends the address of its own
 * peer. Elements further left were in the client's own request, and may be a lie.
 * @param proxies how many proxies stand before this server, from 1 on.
 * @returns the node as written, without brackets, quotes and port; null when the fields have fewer elements, and for a node
 * without an address ("unknown", "_hidden").
 */
export function forwardedFor(headers: HeaderList, proxies: number): string | null {
  requireList("headers", headers);
  if (!Number.isInteger(proxies) || proxies < 1) {
    throw new MisuseError(`proxies is ${describeValue(proxies)}: give a whole number from 1 on`);
  }
  const written = elementsOf(headerValues(headers, "x-forwarded-for"));
  const nodes = written.length > 0 ? written : forwardedParameter(headers, "for");
  const node = nodes[nodes.length - proxies];
  return node === undefined ? null : addressOf(node);
}

/** RFC 7239 §6: an IPv6 address in brackets, an IPv4 address, each perhaps with a port; X-Forwarded-For has no brackets. */
function addressOf(node: string): string | null {
  let address = node;
  if (node.startsWith("[")) address = node.slice(1, Math.max(1, node.indexOf("]")));
  else if (node.indexOf(":") === node.lastIndexOf(":")) address = splitAuthority(node).host;
  // An address consists of digits, dots, colons and hexadecimal letters. A name and "unknown" are no addresses.
  let hasSeparator = false;
  for (const character of address) {
    if (character === "." || character === ":") hasSeparator = true;
    else if (!"0123456789abcdefABCDEF".includes(character)) return null;
  }
  return hasSeparator ? address : null;
}

function firstElement(headers: HeaderList, lowerCaseName: string): string | null {
  const value = headerValues(headers, lowerCaseName)[0];
  if (value === undefined) return null;
  const comma = value.indexOf(",");
  // No proxy writes an empty element. An empty element is judged like any other element.
  return trimWhitespace(value, 0, comma === -1 ? value.length : comma);
}

/** RFC 9110 §5.6.1: several fields of one name are one list, and empty elements are ignored. */
function elementsOf(values: readonly string[]): string[] {
  return values
    .join(",")
    .split(",")
    .map((element) => trimWhitespace(element))
    .filter((element) => element !== "");
}

/** RFC 7239 §4: the values of one parameter, in the order of the elements; elements without it are left out. */
function forwardedParameter(headers: HeaderList, lowerCaseName: string): string[] {
  const found: string[] = [];
  for (const element of splitOutsideQuotes(headerValues(headers, "forwarded").join(","), ",")) {
    for (const pair of splitOutsideQuotes(element, ";")) {
      const equals = pair.indexOf("=");
      if (equals === -1 || !equalsIgnoringCase(trimWhitespace(pair, 0, equals), lowerCaseName))
        continue;
      found.push(unquoted(trimWhitespace(pair, equals + 1)));
    }
  }
  return found;
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** RFC 9110 §5.6.4. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  let value = "";
  for (let at = 1; at < text.length && text[at] !== '"'; at += 1) {
    if (text[at] === "\\") at += 1;
    value += text[at] ?? "";
  }
  return value;
}
