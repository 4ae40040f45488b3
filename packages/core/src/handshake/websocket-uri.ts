/** The ws and wss URI schemes (RFC 6455 §3): the URL that an application gives to a client. */
import { describeCode } from "../bytes/describe-value.ts";
import { equalsIgnoringCase } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  authorityEnd,
  formatAuthority,
  normalizeHost,
  parsePort,
  splitAuthority,
  URL_NAME_CHARACTERS,
} from "./authority.ts";

/** The components of a WebSocket URI, as §3 and §4.1 name them. */
export interface WebSocketUri {
  /** The scheme is wss: the host must connect with TLS. */
  readonly secure: boolean;
  /** Lower case; an IPv6 address without its brackets, as resolvers want it. */
  readonly host: string;
  /** 1 to 65535; by default 80, and 443 when `secure`. */
  readonly port: number;
  /** The value of the Host field (§4.1, number 4): brackets around an IPv6 address, the port unless it is the default. */
  readonly hostHeader: string;
  /** The resource name (§3): path and query, at least "/". */
  readonly resource: string;
}

const SLASH = 0x2f;

/**
 * Reads an absolute URI, and repairs nothing, unlike a browser. Characters outside ASCII must be percent-encoded, or in
 * their "xn--" form in the host. The scheme "http" is not read as "ws". A fragment is a mistake.
 *
 * Some characters are accepted although RFC 3986 excludes them, because URL parsers leave them unchanged: "|", "[", "{" and
 * a single "%" in path and query, and {@link URL_NAME_CHARACTERS} in the host.
 *
 * A host that wants the leniency of browsers calls `new URL(text).href` first.
 *
 * @throws MisuseError for any other text. The message never repeats userinfo or query, because both often hold secrets.
 */
export function parseWebSocketUri(text: string): WebSocketUri {
  if (typeof text !== "string") throw misuse(`of type ${typeof text}: give a string`);
  checkCharacters(text);
  const schemeEnd = text.indexOf("://");
  const scheme = schemeEnd === -1 ? "" : text.slice(0, schemeEnd);
  const secure = equalsIgnoringCase(scheme, "wss");
  if (!secure && !equalsIgnoringCase(scheme, "ws")) {
    throw misuse('does not begin with "ws://" or "wss://": those are the two schemes');
  }
  const start = schemeEnd + 3;
  const end = authorityEnd(text, start);
  const defaultPort = secure ? 443 : 80;
  const { host, port } = readAuthority(text.slice(start, end), defaultPort);
  return {
    secure,
    host,
    port,
    hostHeader: formatAuthority(host, port, defaultPort),
    resource: readResource(text.slice(end)),
  };
}

function checkCharacters(text: string): void {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) {
      throw misuse(
        `has ${describeCode(code)} at ${at}: spaces, control characters and other than ASCII characters are written ` +
          'percent-encoded, and in the host in the "xn--" form (RFC 3986 §2, §3.2.2)',
      );
    }
    if (text[at] === "#") {
      throw misuse(`has a fragment at ${at}: leave it out, or write the character as %23`);
    }
  }
}

function readAuthority(
  text: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  if (text.includes("@")) {
    throw misuse('has userinfo before "@": give credentials in an Authorization header');
  }
  const written = splitAuthority(text);
  if (written.host === "") throw misuse("has no host");
  const host = normalizeHost(written.host, URL_NAME_CHARACTERS);
  if (host === null) throw misuse("has a host that is no name and no address (RFC 3986 §3.2.2)");
  const port = parsePort(written.port, defaultPort);
  // Nothing can listen on port 0.
  if (port === null || port === 0) {
    // The message does not repeat the port: in an unencoded "user:pass/word@" the text behind the colon is a part of the
    // password.
    throw misuse("has a port that is no number from 1 to 65535");
  }
  return { host, port };
}

/** §3: "/" if the path is empty, the path, "?" if the query is not empty, the query. */
function readResource(text: string): string {
  const rooted = text.charCodeAt(0) === SLASH ? text : `/${text}`;
  const isQueryEmpty = rooted.indexOf("?") === rooted.length - 1;
  return isQueryEmpty ? rooted.slice(0, -1) : rooted;
}

function misuse(fault: string): MisuseError {
  return new MisuseError(`the WebSocket URI ${fault} (RFC 6455 §3)`);
}
