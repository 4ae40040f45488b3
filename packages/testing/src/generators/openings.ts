/**
 * Opening handshakes whose verdict is known, because they are built from right parts and at most one wrong part (RFC 6455 §4,
 * RFC 9112).
 */
import fc from "fast-check";
import { acceptKey } from "../wire/accept-key.ts";

/** One head, and what must become of it. */
export interface Opening {
  /** The head, without the empty line at its end. Each line brings its own line end. */
  readonly lines: readonly string[];
  /** Where the rule stands that is broken, and the rule; null: the head is right. */
  readonly fault: string | null;
  /** The statuses that may answer a request. Empty for a response. */
  readonly statuses: readonly number[];
}

interface Change {
  /** What is changed; null where the head stays right. */
  readonly fault: string | null;
  readonly statuses: readonly number[];
  change(lines: string[]): string[];
}

/** §4.2.1: the example of the RFC. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

function replacing(start: string, line: string | null): (lines: string[]) => string[] {
  return (lines) =>
    lines.flatMap((one) => (one.startsWith(start) ? (line === null ? [] : [line]) : [one]));
}

function adding(...more: string[]): (lines: string[]) => string[] {
  return (lines) => [...lines, ...more];
}

function right(change: (lines: string[]) => string[]): Change {
  return { fault: null, statuses: [101], change };
}

function wrong(
  fault: string,
  statuses: readonly number[],
  change: (lines: string[]) => string[],
): Change {
  return { fault, statuses, change };
}

const REQUEST: readonly string[] = [
  "GET /chat HTTP/1.1\r\n",
  "Host: localhost\r\n",
  "Upgrade: websocket\r\n",
  "Connection: Upgrade\r\n",
  `Sec-WebSocket-Key: ${KEY}\r\n`,
  "Sec-WebSocket-Version: 13\r\n",
];

const REQUEST_CHANGES: readonly Change[] = [
  right((lines) => lines),
  right((lines) => [lines[0]!, ...lines.slice(1).reverse()]),
  right((lines) => ["\r\n", ...lines]),
  right(replacing("Host", "HOST:localhost \r\n")),
  right(replacing("Upgrade", "upgrade: h2c, WebSocket\r\n")),
  right(replacing("Connection", "Connection: keep-alive , upgrade\r\n")),
  right(replacing("GET", "GET http://localhost/chat?a=b HTTP/1.1\r\n")),
  right(adding("Content-Length: 0\r\n")),
  right(adding("Content-Length: 0\r\n", "Content-Length: 0\r\n")),
  right(adding("Sec-WebSocket-Protocol: b, a\r\n", "Sec-WebSocket-Protocol: c\r\n")),
  right(adding(`Cookie: ${"c".repeat(8_700)}\r\n`)),
  right(adding('Sec-WebSocket-Extensions: unheard-of; x="y", x-z\r\n')),
  wrong(
    "RFC 6455 §4.2.1: the method is GET",
    [400, 405],
    replacing("GET", "POST /chat HTTP/1.1\r\n"),
  ),
  wrong("RFC 9112 §3.2: a request has a Host", [400], replacing("Host", null)),
  wrong("RFC 9112 §3.2: a request has one Host", [400], adding("Host: localhost\r\n")),
  wrong(
    "RFC 6455 §4.2.1: a key has 16 bytes",
    [400],
    replacing("Sec-WebSocket-Key", "Sec-WebSocket-Key: short\r\n"),
  ),
  wrong("RFC 6455 §4.2.1: there is a key", [400], replacing("Sec-WebSocket-Key", null)),
  wrong("RFC 6455 §11.3.1: there is one key", [400], adding(`Sec-WebSocket-Key: ${KEY}\r\n`)),
  wrong(
    "RFC 6455 §4.2.1: the version is 13",
    [400, 426],
    replacing("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\n"),
  ),
  wrong(
    "RFC 6455 §4.2.1: Upgrade names websocket",
    [400, 426],
    replacing("Upgrade", "Upgrade: h2c\r\n"),
  ),
  wrong(
    "RFC 6455 §4.2.1: Connection names Upgrade",
    [400, 426],
    replacing("Connection", "Connection: close\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: a subprotocol comes once",
    [400],
    adding("Sec-WebSocket-Protocol: a, a\r\n"),
  ),
  wrong("RFC 9112 §2.2: a line ends with CR LF", [400], adding("X: y\n")),
  wrong("RFC 9112 §2.2: a CR stands before a LF", [400], adding("X: y\rz\r\n")),
  wrong("RFC 9112 §5.1: no space before the colon", [400], adding("X : y\r\n")),
  wrong("RFC 9112 §5.2: no line is folded", [400], adding("X: y\r\n", " z\r\n")),
  wrong(
    "RFC 9112 §3: the version is HTTP/1",
    [400, 505],
    replacing("GET", "GET /chat HTTP/2.0\r\n"),
  ),
  wrong("RFC 9110 §8.6: a length has digits only", [400], adding("Content-Length: abc\r\n")),
  wrong("RFC 9110 §8.6: a length is not negative", [400], adding("Content-Length: -1\r\n")),
  wrong(
    "RFC 9112 §6.3: there is one length",
    [400],
    adding("Content-Length: 1\r\n", "Content-Length: 2\r\n"),
  ),
];

function responseTo(key: string): readonly string[] {
  return [
    "HTTP/1.1 101 Switching Protocols\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
    `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n`,
  ];
}

const ACCEPT = "Sec-WebSocket-Accept";

const RESPONSE_CHANGES: readonly Change[] = [
  right((lines) => lines),
  right((lines) => [lines[0]!, ...lines.slice(1).reverse()]),
  right((lines) => ["HTTP/1.1 103 Early Hints\r\n", "Link: </a>\r\n", "\r\n", ...lines]),
  right(replacing("HTTP", "HTTP/1.1 101 \r\n")),
  right(replacing("Upgrade", "upgrade:WebSocket\r\n")),
  right(replacing("Connection", "Connection: keep-alive, UPGRADE\r\n")),
  right(adding("X: y\r\n", "\t z\r\n")),
  right(adding(`Set-Cookie: ${"c".repeat(9_000)}\r\n`)),
  right((lines) => [...lines, ...Array.from({ length: 256 }, (_, index) => `X-${index}: y\r\n`)]),
  wrong("RFC 6455 §4.1: the status is 101", [], replacing("HTTP", "HTTP/1.1 200 OK\r\n")),
  wrong("RFC 9110 §15.2: HTTP/1.0 has no 101", [], replacing("HTTP", "HTTP/1.0 101 x\r\n")),
  wrong("RFC 6455 §4.1: there is an Accept", [], replacing(ACCEPT, null)),
  wrong(
    "RFC 6455 §4.1: the Accept is that of the key",
    [],
    replacing(ACCEPT, `${ACCEPT}: ${acceptKey(KEY)}\r\n`),
  ),
  wrong("RFC 6455 §4.1: Upgrade is websocket", [], replacing("Upgrade", "Upgrade: h2c\r\n")),
  wrong("RFC 6455 §4.1: there is an Upgrade", [], replacing("Upgrade", null)),
  wrong(
    "RFC 6455 §4.1: Connection names Upgrade",
    [],
    replacing("Connection", "Connection: close\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: the subprotocol was offered",
    [],
    adding("Sec-WebSocket-Protocol: never-offered\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: the extension was offered",
    [],
    adding("Sec-WebSocket-Extensions: never-offered\r\n"),
  ),
  wrong("RFC 9112 §2.2: a line ends with CR LF", [], adding("X: y\n")),
];

function applied(lines: readonly string[], { change, ...verdict }: Change): Opening {
  return { ...verdict, lines: change([...lines]) };
}

/** Requests for a server: right, or with one rule broken. The key is that of the RFC's example. */
export function requestOpenings(): fc.Arbitrary<Opening> {
  return fc.constantFrom(...REQUEST_CHANGES.map((change) => applied(REQUEST, change)));
}

/** The accept key that a right request of {@link requestOpenings} wants. */
export const WANTED_ACCEPT: string = acceptKey(KEY);

/** Responses for a client that has sent this key: right, or with one rule broken. */
export function responseOpening(index: number, key: string): Opening {
  return applied(responseTo(key), RESPONSE_CHANGES[index % RESPONSE_CHANGES.length]!);
}

/** How many kinds of responses there are. */
export const RESPONSE_KINDS: number = RESPONSE_CHANGES.length;
