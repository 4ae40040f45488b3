/** Opening handshakes as clients send them (RFC 6455 §4.1, §4.2.1, RFC 9112): right in many spellings, and with one rule broken. */

import fc from "fast-check";
import { requireFieldText } from "../given.ts";
import { dumpHead } from "../wire/head-dump.ts";
import { encodeText } from "../wire/text.ts";
import { adding, type HeadChange, replacing, right, wrong } from "./head-changes.ts";
import { shownAs } from "./shown.ts";

/** Statuses from the first number to the second, both included. */
export type StatusRange = readonly [from: number, to: number];

/** A request, and what must follow. */
export interface HandshakeRequest {
  /** The head, with its empty line. */
  readonly bytes: Uint8Array;
  /** The key that a right request carries. */
  readonly key: string;
  /** The broken rule, with the section that says it; null for a request that is right. */
  readonly broken: string | null;
  /** A status in any of these ranges is right. A request that is right is answered with 101. */
  readonly statuses: readonly StatusRange[];
}

/** Where requests go. */
export interface RequestOptions {
  /** The path and the query, from "/" on. Default "/chat". */
  readonly path?: string;
  /** The value of Host. Default "localhost". */
  readonly host?: string;
}

const SWITCHED: readonly StatusRange[] = [[101, 101]];
const CLIENT_ERROR: readonly StatusRange[] = [[400, 499]];
const ANY_ERROR: readonly StatusRange[] = [[400, 599]];
/** A server that speaks HTTP may answer it as HTTP. It must not switch protocols. */
const ANY_BUT_SWITCHED: readonly StatusRange[] = [[200, 599]];

type RequestChange = HeadChange<readonly StatusRange[]>;

const CHANGES: readonly RequestChange[] = [
  right(SWITCHED, (lines) => lines),
  right(SWITCHED, (lines) => [lines[0]!, ...lines.slice(1).reverse()]),
  right(SWITCHED, (lines) => ["\r\n", ...lines]),
  right(SWITCHED, (lines) => lines.map((line) => line.replace("Host: ", "HOST:"))),
  right(SWITCHED, replacing("Upgrade", "upgrade: h2c, WebSocket\r\n")),
  right(SWITCHED, replacing("Connection", "Connection: keep-alive , upgrade\r\n")),
  right(SWITCHED, ([first, ...rest]) => [first!.replace("GET ", "GET http://localhost"), ...rest]),
  right(SWITCHED, adding("Content-Length: 0\r\n")),
  right(SWITCHED, adding("Content-Length: 0\r\n", "Content-Length: 0\r\n")),
  right(SWITCHED, adding("Sec-WebSocket-Protocol: b, a\r\n", "Sec-WebSocket-Protocol: c\r\n")),
  right(SWITCHED, adding(`Cookie: ${"c".repeat(8_700)}\r\n`)),
  right(SWITCHED, adding('Sec-WebSocket-Extensions: unheard-of; x="y", x-z\r\n')),
  wrong("RFC 6455 §4.2.1: the method is GET", ANY_BUT_SWITCHED, ([first, ...rest]) => [
    first!.replace("GET", "POST"),
    ...rest,
  ]),
  wrong("RFC 9112 §3.2: a request has a Host", CLIENT_ERROR, replacing("Host", null)),
  wrong("RFC 9112 §3.2: a request has one Host", CLIENT_ERROR, (lines) => [
    ...lines,
    ...lines.filter((line) => line.startsWith("Host")),
  ]),
  wrong(
    "RFC 6455 §4.2.1: a key has 16 bytes",
    CLIENT_ERROR,
    replacing("Sec-WebSocket-Key", "Sec-WebSocket-Key: short\r\n"),
  ),
  wrong("RFC 6455 §4.2.1: there is a key", CLIENT_ERROR, replacing("Sec-WebSocket-Key", null)),
  wrong(
    "RFC 6455 §11.3.1: there is one key",
    CLIENT_ERROR,
    adding("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
  ),
  wrong(
    "RFC 6455 §4.2.1: the version is 13",
    CLIENT_ERROR,
    replacing("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\n"),
  ),
  wrong(
    "RFC 6455 §4.2.1: Upgrade names websocket",
    ANY_BUT_SWITCHED,
    replacing("Upgrade", "Upgrade: h2c\r\n"),
  ),
  wrong(
    "RFC 6455 §4.2.1: Connection names Upgrade",
    ANY_BUT_SWITCHED,
    replacing("Connection", "Connection: close\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: a subprotocol comes once",
    CLIENT_ERROR,
    adding("Sec-WebSocket-Protocol: a, a\r\n"),
  ),
  wrong("RFC 9112 §2.2: a line ends with CR LF", CLIENT_ERROR, adding("X: y\n")),
  wrong("RFC 9112 §2.2: a CR stands before a LF", CLIENT_ERROR, adding("X: y\rz\r\n")),
  wrong("RFC 9112 §5.1: no space before the colon", CLIENT_ERROR, adding("X : y\r\n")),
  wrong("RFC 9112 §5.2: no line is folded", CLIENT_ERROR, adding("X: y\r\n", " z\r\n")),
  wrong("RFC 9112 §3: the version is HTTP/1", ANY_ERROR, ([first, ...rest]) => [
    first!.replace("1.1", "2.0"),
    ...rest,
  ]),
  wrong("RFC 9110 §8.6: a length has digits only", CLIENT_ERROR, adding("Content-Length: abc\r\n")),
  wrong("RFC 9110 §8.6: a length is not negative", CLIENT_ERROR, adding("Content-Length: -1\r\n")),
  wrong(
    "RFC 9112 §6.3: there is one length",
    CLIENT_ERROR,
    adding("Content-Length: 1\r\n", "Content-Length: 2\r\n"),
  ),
];

/** Keys of 16 bytes; the first is that of the RFC's example. */
const KEYS = [
  "dGhlIHNhbXBsZSBub25jZQ==",
  "AAAAAAAAAAAAAAAAAAAAAA==",
  "/////////////////////w==",
  "x3JJHMbDL1EzLkh9GBhXDw==",
];

/** Lines that change nothing. */
const OTHERS = ["User-Agent: a test\r\n", "Cookie: a=b; c=d\r\n", "X-Empty:\r\n"];

function show({ bytes, broken, statuses }: HandshakeRequest): string {
  const wanted = statuses.map(([from, to]) => (from === to ? from : `${from} to ${to}`)).join(", ");
  const why = broken === null ? "is right" : `breaks ${broken}`;
  return `a request that ${why}; the status is ${wanted}\n${dumpHead(bytes)}`;
}

function anyRequest(
  { path = "/chat", host = "localhost" }: RequestOptions,
  changes: readonly RequestChange[],
): fc.Arbitrary<HandshakeRequest> {
  requireFieldText("the path", path);
  requireFieldText("the host", host);
  return fc
    .tuple(fc.constantFrom(...changes), fc.constantFrom(...KEYS), fc.subarray(OTHERS))
    .map(([{ broken, verdict, change }, key, others]) => {
      const lines = [
        `GET ${path} HTTP/1.1\r\n`,
        `Host: ${host}\r\n`,
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        `Sec-WebSocket-Key: ${key}\r\n`,
        "Sec-WebSocket-Version: 13\r\n",
        ...others,
      ];
      const bytes = encodeText(`${change(lines).join("")}\r\n`);
      return shownAs({ bytes, key, broken, statuses: verdict }, show);
    });
}

/** Requests that are right, in many spellings; without an Origin, so that no server has a reason to refuse. */
export function handshakeRequests(options: RequestOptions = {}): fc.Arbitrary<HandshakeRequest> {
  return anyRequest(
    options,
    CHANGES.filter(({ broken }) => broken === null),
  );
}

/** Requests in which one rule is broken, tagged with the rule and the statuses that are right. */
export function brokenHandshakeRequests(
  options: RequestOptions = {},
): fc.Arbitrary<HandshakeRequest> {
  return anyRequest(
    options,
    CHANGES.filter(({ broken }) => broken !== null),
  );
}
