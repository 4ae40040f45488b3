/** Verdicts over the heads of the opening handshake: a server's (RFC 6455 §4.2.1) and a client's (§4.1). */
import { acceptKey } from "../wire/accept-key.ts";
import type { ReadHead } from "./http-head.ts";

type Headers = ReadHead["headers"];

/** The request that the application decides about. */
export interface ModelRequest {
  readonly kind: "upgrade" | "plain";
  readonly method: string;
  /** Path and query; "*" and an authority as they are. */
  readonly target: string;
  readonly host: string;
  readonly key: string;
  readonly protocols: readonly string[];
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED_TOKEN = '"(?:\\\\?[!#$%&\'*+\\-.^_`|~0-9A-Za-z])+"';
const IS_TOKEN = new RegExp(`^${TOKEN}$`);
const PARAMETER = `${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED_TOKEN}))?`;
const IS_EXTENSION = new RegExp(`^${TOKEN}(?:[ \\t]*;[ \\t]*${PARAMETER})*$`);
/** The most elements of a list that the engine takes. */
const MOST_ELEMENTS = 256;

/** The values of all fields of that name (RFC 9110 §5.3). */
function valuesOf(headers: Headers, name: string): string[] {
  return headers.filter(([other]) => asciiLower(other) === name).map(([, value]) => value);
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** RFC 9110 §5.6.1: several fields are one list, and empty elements do not count. */
function elementsOf(values: readonly string[]): string[] {
  const elements = values.flatMap((value) => value.split(","));
  return elements
    .map((element) => element.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((element) => element !== "");
}

function lists(headers: Headers, name: string, token: string): boolean {
  return elementsOf(valuesOf(headers, name)).some((element) => asciiLower(element) === token);
}

// ---- host and target (RFC 3986 §3.2, RFC 9112 §3.2)

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const parts = half === "" ? [] : half.split(":");
    for (const [place, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && place === parts.length - 1;
      if (/^[0-9a-f]{1,4}$/i.test(part)) groups += 1;
      else if (isLast && isIpv4(part)) groups += 2;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

function isRegName(text: string): boolean {
  if (!/^(?:[^%]|%[0-9a-f]{2})+$/i.test(text)) return false;
  const decoded = text.replace(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^[A-Za-z0-9\-._~!$&'()*+,;=]+$/.test(decoded);
}

/** `uri-host [ ":" port ]` (RFC 9110 §7.2). */
function isAuthority(text: string): boolean {
  const parts = /^(\[[^\]]*\]|[^[:][^:]*)(?::(\d*))?$/.exec(text);
  if (parts === null) return false;
  const [, host = "", port = ""] = parts;
  if (port !== "" && BigInt(port) > 65_535n) return false;
  return host.startsWith("[") ? isIpv6(host.slice(1, -1)) : isRegName(host);
}

/** @returns null for a malformed target. */
function readTarget(
  method: string,
  target: string,
): { readonly authority: string | null; readonly resource: string } | null {
  if (method === "CONNECT") {
    return isAuthority(target) ? { authority: target, resource: target } : null;
  }
  if (target === "*") return method === "OPTIONS" ? { authority: null, resource: "*" } : null;
  if (target.startsWith("/")) return { authority: null, resource: target };
  const absolute = /^(?:https?|wss?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (absolute === null || !isAuthority(absolute[1]!)) return null;
  const rest = absolute[2]!;
  return { authority: absolute[1]!, resource: rest.startsWith("/") ? rest : `/${rest}` };
}

// ---- bodies (RFC 9112 §6)

/** @returns null without the field, NaN for what is no length or more than one. */
export function contentLength(headers: Headers): number | null {
  const values = valuesOf(headers, "content-length");
  if (values.length === 0) return null;
  const lengths = values.join(",").split(",");
  const digits = lengths.map((length) => length.replace(/^[ \t]+|[ \t]+$/g, ""));
  if (digits.some((length) => !/^\d+$/.test(length))) return Number.NaN;
  const [length, ...others] = digits.map((text) => BigInt(text));
  const isSafe = length! <= BigInt(Number.MAX_SAFE_INTEGER);
  // Lengths above 2^53 - 1 are all the same to the engine: more than it can count.
  const isSame = others.every((other) =>
    isSafe ? other === length : other > BigInt(Number.MAX_SAFE_INTEGER),
  );
  if (!isSame) return Number.NaN;
  return isSafe ? Number(length) : Number.POSITIVE_INFINITY;
}

export function hasTransferCoding(headers: Headers): boolean {
  return valuesOf(headers, "transfer-encoding").length > 0;
}

export function isChunkedLast(headers: Headers): boolean {
  const last = valuesOf(headers, "transfer-encoding").join(",").split(",").at(-1) ?? "";
  return asciiLower(last.replace(/^[ \t]+|[ \t]+$/g, "")) === "chunked";
}

// ---- the server's verdict

/** A request to decide about, or the rule that it breaks and the host that it named. */
export function judgeRequest(head: ReadHead, isOriginFree: boolean): ModelRequest | string {
  const { headers, method } = head;
  const target = readTarget(method, head.target);
  if (target === null) return "target-malformed";
  const hosts = valuesOf(headers, "host");
  if (hosts.length > 1) return "host-duplicate";
  if (hosts.length === 0 && head.minorVersion === 1) return "host-missing";
  const named = hosts[0] ?? "";
  if (named !== "" && !isAuthority(named)) return "host-malformed";
  const host = target.authority ?? named;

  const length = contentLength(headers);
  if (Number.isNaN(length)) return "content-length-malformed";
  if (hasTransferCoding(headers)) {
    if (length !== null) return "body-length-ambiguous";
    if (head.minorVersion === 0 || !isChunkedLast(headers)) return "transfer-encoding-malformed";
  }

  const asks = lists(headers, "upgrade", "websocket");
  const keys = valuesOf(headers, "sec-websocket-key");
  const versions = valuesOf(headers, "sec-websocket-version");
  const isPlain = !asks && keys.length === 0 && versions.length === 0;
  if (head.minorVersion === 0 || isPlain) {
    return { kind: "plain", method, target: target.resource, host, key: "", protocols: [] };
  }
  if (!asks) return "upgrade-missing";
  if (method !== "GET") return "method-not-get";
  const hasLength = valuesOf(headers, "content-length").some((value) => value !== "0");
  if (hasLength || hasTransferCoding(headers)) return "body-in-upgrade";
  if (!lists(headers, "connection", "upgrade")) return "connection-upgrade-missing";
  if (lists(headers, "connection", "close")) return "connection-close";
  if (versions.length === 0) return "version-missing";
  if (versions.length > 1 || versions[0] !== "13") return "version-unsupported";
  if (keys.length === 0) return "key-missing";
  if (keys.length > 1) return "key-duplicate";
  // §4.1: base64 of 16 bytes.
  if (!/^[A-Za-z0-9+/]{22}==$/.test(keys[0]!)) return "key-malformed";
  if (host === "") return "host-malformed";
  const origins = valuesOf(headers, "origin");
  if (origins.length > 1) return "origin-duplicate";
  const protocols = protocolsOf(valuesOf(headers, "sec-websocket-protocol"));
  if (protocols === null) return "protocol-malformed";
  if (!areExtensions(valuesOf(headers, "sec-websocket-extensions"))) return "extensions-malformed";
  const [origin] = origins;
  if (!isOriginFree && origin !== undefined && !isOwnOrigin(origin, host)) return "origin-refused";
  return { kind: "upgrade", method, target: target.resource, host, key: keys[0]!, protocols };
}

/** §4.1, number 10: distinct tokens, at least one. @returns null for anything else. */
function protocolsOf(values: readonly string[]): string[] | null {
  const protocols = elementsOf(values);
  if (values.length > 0 && protocols.length === 0) return null;
  const areTokens = protocols.every((protocol) => IS_TOKEN.test(protocol));
  const isDistinct = new Set(protocols).size === protocols.length;
  return areTokens && isDistinct && protocols.length <= MOST_ELEMENTS ? protocols : null;
}

/** §9.1: `1#extension`. */
function areExtensions(values: readonly string[]): boolean {
  const extensions = elementsOf(values);
  if (values.length > 0 && extensions.length === 0) return false;
  const parts = extensions.reduce((sum, extension) => sum + extension.split(";").length, 0);
  return extensions.every((extension) => IS_EXTENSION.test(extension)) && parts <= MOST_ELEMENTS;
}

/**
 * §10.2, for a server without TLS: scheme, host and port. Two spellings of one host by percent-encoding, or of one IPv6
 * address, are beyond the model: do not feed them to it.
 */
function isOwnOrigin(origin: string, host: string): boolean {
  const parts = /^http:\/\/(.*)$/i.exec(origin);
  if (parts === null || !isAuthority(parts[1]!)) return false;
  return sameAuthority(parts[1]!) === sameAuthority(host);
}

function sameAuthority(text: string): string {
  const [, host = "", port = ""] = /^(.*?)(?::(\d*))?$/.exec(asciiLower(text))!;
  return `${host}:${port === "" ? 80 : Number(port)}`;
}

// ---- the client's verdict

/** @returns the rule that the response breaks, or the subprotocol in use. */
export function judgeResponse(
  head: ReadHead,
  key: string,
  offered: readonly string[],
): { readonly rule: string } | { readonly protocol: string } {
  const { headers } = head;
  if (head.status !== 101) return { rule: "status-not-101" };
  // RFC 9110 §15.2: HTTP/1.0 has no 1xx.
  if (head.minorVersion === 0) return { rule: "http-version-unsupported" };
  const upgrades = valuesOf(headers, "upgrade");
  if (upgrades.length === 0) return { rule: "upgrade-missing" };
  if (upgrades.length > 1 || asciiLower(upgrades[0]!) !== "websocket") {
    return { rule: "upgrade-not-websocket" };
  }
  if (!lists(headers, "connection", "upgrade")) return { rule: "connection-upgrade-missing" };
  const accepts = valuesOf(headers, "sec-websocket-accept");
  if (accepts.length === 0) return { rule: "accept-missing" };
  if (accepts.length > 1) return { rule: "accept-duplicate" };
  if (accepts[0] !== acceptKey(key)) return { rule: "accept-wrong" };
  const protocols = valuesOf(headers, "sec-websocket-protocol");
  if (protocols.length > 1) return { rule: "protocol-duplicate" };
  const [protocol] = protocols;
  if (protocol !== undefined && !offered.includes(protocol))
    return { rule: "protocol-not-offered" };
  const extensions = valuesOf(headers, "sec-websocket-extensions");
  if (!areExtensions(extensions)) return { rule: "response-extensions-malformed" };
  // The model's client offers no extension in its handshake.
  if (extensions.length > 0) return { rule: "extension-not-offered" };
  return { protocol: protocol ?? "" };
}
