/** Answers to an opening handshake (RFC 6455 §4.1, §4.2.2, RFC 9112): right in many spellings, and with one rule broken. */

import fc from "fast-check";
import { requireFieldText } from "../given.ts";
import { acceptKey } from "../wire/accept-key.ts";
import { dumpHead } from "../wire/head-dump.ts";
import { encodeText } from "../wire/text.ts";
import { adding, type HeadChange, replacing, right, wrong } from "./head-changes.ts";
import { shownAs } from "./shown.ts";

/** A response, and what the client makes of it. */
export interface HandshakeResponse {
  /** The head, with its empty line. */
  readonly bytes: Uint8Array;
  /** The broken rule, with the section that says it; null for a response that opens the connection. */
  readonly broken: string | null;
}

const ACCEPT = "Sec-WebSocket-Accept";

const CHANGES: readonly HeadChange<null>[] = [
  right(null, (lines) => lines),
  right(null, (lines) => [lines[0]!, ...lines.slice(1).reverse()]),
  right(null, (lines) => ["HTTP/1.1 103 Early Hints\r\n", "Link: </a>\r\n", "\r\n", ...lines]),
  right(null, replacing("HTTP", "HTTP/1.1 101 \r\n")),
  right(null, replacing("Upgrade", "upgrade:WebSocket\r\n")),
  right(null, replacing("Connection", "Connection: keep-alive, UPGRADE\r\n")),
  right(null, adding("X: y\r\n", "\t z\r\n")),
  right(null, adding(`Set-Cookie: ${"c".repeat(9_000)}\r\n`)),
  right(null, (lines) => [
    ...lines,
    ...Array.from({ length: 256 }, (_, index) => `X-${index}: y\r\n`),
  ]),
  wrong("RFC 6455 §4.1: the status is 101", null, replacing("HTTP", "HTTP/1.1 200 OK\r\n")),
  wrong("RFC 9110 §15.2: HTTP/1.0 has no 101", null, replacing("HTTP", "HTTP/1.0 101 x\r\n")),
  wrong("RFC 6455 §4.1: there is an Accept", null, replacing(ACCEPT, null)),
  wrong(
    "RFC 6455 §4.1: the Accept is that of the key",
    null,
    replacing(ACCEPT, `${ACCEPT}: ${acceptKey("dGhlIHNhbXBsZSBub25jZQ==")}\r\n`),
  ),
  wrong("RFC 6455 §4.1: Upgrade is websocket", null, replacing("Upgrade", "Upgrade: h2c\r\n")),
  wrong("RFC 6455 §4.1: there is an Upgrade", null, replacing("Upgrade", null)),
  wrong(
    "RFC 6455 §4.1: Connection names Upgrade",
    null,
    replacing("Connection", "Connection: close\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: the subprotocol was offered",
    null,
    adding("Sec-WebSocket-Protocol: never-offered\r\n"),
  ),
  wrong(
    "RFC 6455 §4.1: the extension was offered",
    null,
    adding("Sec-WebSocket-Extensions: never-offered\r\n"),
  ),
  wrong("RFC 9112 §2.2: a line ends with CR LF", null, adding("X: y\n")),
];

function anyResponse(
  key: string,
  changes: readonly HeadChange<null>[],
): fc.Arbitrary<HandshakeResponse> {
  requireFieldText("the key", key);
  return fc.constantFrom(...changes).map(({ broken, change }) => {
    const lines = [
      "HTTP/1.1 101 Switching Protocols\r\n",
      "Upgrade: websocket\r\n",
      "Connection: Upgrade\r\n",
      `${ACCEPT}: ${acceptKey(key)}\r\n`,
    ];
    const bytes = encodeText(`${change(lines).join("")}\r\n`);
    return shownAs(
      { bytes, broken },
      () =>
        `a response that ${broken === null ? "is right" : `breaks ${broken}`}\n${dumpHead(bytes)}`,
    );
  });
}

/** Responses that open the connection of a client. @param key the client's Sec-WebSocket-Key. */
export function handshakeResponses(key: string): fc.Arbitrary<HandshakeResponse> {
  return anyResponse(
    key,
    CHANGES.filter(({ broken }) => broken === null),
  );
}

/** Responses that a client must not take for an open connection. @param key the client's Sec-WebSocket-Key. */
export function brokenHandshakeResponses(key: string): fc.Arbitrary<HandshakeResponse> {
  return anyResponse(
    key,
    CHANGES.filter(({ broken }) => broken !== null),
  );
}
