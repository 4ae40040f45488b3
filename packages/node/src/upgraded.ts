/** A request that an HTTP server has taken for an upgrade, as an application hands it on, and the bytes of that request. */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { MisuseError } from "@sansocket/driver";

export interface Upgraded {
  readonly socket: Duplex;
  readonly request: IncomingMessage;
  /** The bytes that came behind the request, in the same packet. */
  readonly head: Uint8Array;
}

/**
 * The arguments of `handleUpgrade` in either order.
 * @throws MisuseError for other arguments, and for a request that the HTTP server serves itself.
 */
export function upgradedOf(one: unknown, other: unknown, head: unknown): Upgraded {
  const isSocketFirst = isDuplex(one);
  const socket = isSocketFirst ? one : other;
  const request = isSocketFirst ? other : one;
  if (isDuplex(socket) && isRequest(request) && isBytes(head)) {
    requireTaken(request);
    return { socket, request, head };
  }
  throw new MisuseError(
    'handleUpgrade takes the arguments of the event "upgrade", as (socket, request, head) or as (request, socket, head): a ' +
      "stream, the request of node:http, and the bytes behind it",
  );
}

/**
 * Node sets `request.upgrade`, and it is false in a route. There the HTTP server still reads the socket, and ends it with its other
 * requests.
 */
function requireTaken(request: IncomingMessage & { readonly upgrade?: unknown }): void {
  if (request.upgrade !== false) return;
  throw new MisuseError(
    'the HTTP server serves this request by a route: call handleUpgrade in a listener of its event "upgrade", ' +
      'http.on("upgrade", (request, socket, head) => server.handleUpgrade(request, socket, head))',
  );
}

function isDuplex(value: unknown): value is Duplex {
  const { write, on, destroy } = (value ?? {}) as Partial<Duplex>;
  return [write, on, destroy].every((member) => typeof member === "function");
}

function isRequest(value: unknown): value is IncomingMessage {
  const { method, url, httpVersion, rawHeaders } = (value ?? {}) as Partial<IncomingMessage>;
  return (
    [method, url, httpVersion].every((part) => typeof part === "string") &&
    Array.isArray(rawHeaders) &&
    rawHeaders.every((part) => typeof part === "string")
  );
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

/** The request as bytes again, and the bytes behind the request. */
export interface Rewritten {
  readonly bytes: Uint8Array;
  /** Why these are not the bytes that came. Null when they are. */
  readonly fault: string | null;
}

/**
 * Writes the request again. The HTTP server has made a character of each byte (ISO 8859-1, RFC 9110 §5.5), and no part
 * contains a line end. If an application has decoded a part since, the request would get more header lines than came: U+010D
 * becomes a carriage return.
 */
export function rewrite({ request, head }: Upgraded): Rewritten {
  const { method, url, httpVersion, rawHeaders } = request;
  const parts: Part[] = [
    { name: "method", text: method!, forbidden: NO_BYTE },
    { name: "url", text: url!, forbidden: NO_BYTE },
    ...rawHeaders.map((text, index) => ({
      name: `rawHeaders[${index}]`,
      text,
      forbidden: index % 2 === 0 ? NO_NAME : NO_BYTE,
    })),
  ];
  const faulty = parts.find(({ text, forbidden }) => forbidden.test(text));
  const fault = faulty === undefined ? null : faultOf(faulty);
  // A request that is refused is written only so that the engine answers it.
  const lines = fault === null ? linesOf(rawHeaders) : ["Host: refused"];
  const start = fault === null ? `${method} ${url}` : "GET /";
  const text = [`${start} HTTP/${httpVersion}`, ...lines, "", ""].join("\r\n");
  return { bytes: Buffer.concat([Buffer.from(text, "latin1"), head]), fault };
}

interface Part {
  readonly name: string;
  readonly text: string;
  readonly forbidden: RegExp;
}

/** A character that is no byte, or a line end. */
const NO_BYTE = /[\r\n\0]|[^\0-\xff]/;
/** RFC 9112 §5: a field name ends at its colon. */
const NO_NAME = /[\r\n\0:]|[^\0-\xff]/;

function linesOf(rawHeaders: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return lines;
}

function faultOf({ name, text, forbidden }: Part): string {
  const at = text.search(forbidden);
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  return (
    `request.${name} has U+${code} at ${at}, which no request that came over the network has there: hand the request on ` +
    "as node:http gave it, and decode a copy"
  );
}
