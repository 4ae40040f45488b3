/** Opening handshakes, right and almost right (RFC 6455 §4), with frames behind them or not. */

import fc from "fast-check";
import { requireRole } from "../given.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeText } from "../wire/text.ts";
import { streams } from "./streams.ts";

const REQUEST_LINES = [
  "GET / HTTP/1.1",
  "GET /chat?x=1 HTTP/1.1",
  "POST / HTTP/1.1",
  "GET / HTTP/1.0",
  "GET  / HTTP/1.1",
  "GET http://a/b HTTP/1.1",
  "HEAD / HTTP/1.1",
];
const STATUS_LINES = [
  "HTTP/1.1 101 Switching Protocols",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 100 Continue",
  "HTTP/1.1 401 No",
  "HTTP/1.0 101 x",
  "HTTP/1.1 1O1 x",
];
const LINES = [
  "Host: localhost",
  "Upgrade: websocket",
  "upgrade: h2c, WebSocket",
  "Connection: Upgrade",
  "Connection: keep-alive, Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Key: short",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Version: 8",
  "Sec-WebSocket-Protocol: a, b",
  "Sec-WebSocket-Protocol: a",
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y="1"',
  "Sec-WebSocket-Extensions: constructor; __proto__",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Origin: http://localhost",
  "Content-Length: 5",
  "Transfer-Encoding: chunked",
  "__proto__: x",
  " folded: line",
  "No colon",
  "Space : before",
  "Empty:",
];
const ENDS = ["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"];

/** A head of lines that may be right, missing, doubled or malformed, and something behind it. */
export function handshakes(role: "client" | "server"): fc.Arbitrary<Uint8Array> {
  requireRole(role);
  const right = LINES.filter((_, index) => [0, 1, 3, 5, 7].includes(index));
  const lines = fc.oneof(
    fc.subarray(right),
    fc.constant(right.slice(0, 1)), // a plain request; of a response, a refusal
    fc.array(fc.constantFrom(...LINES), { maxLength: 12 }),
    fc.array(fc.constantFrom(...LINES), { maxLength: 2 }).map((more) => [...right, ...more]),
  );
  const start = fc.constantFrom(...(role === "server" ? REQUEST_LINES : STATUS_LINES));
  const ends = fc.array(fc.constantFrom(...ENDS), { minLength: 16, maxLength: 16 });
  return fc
    .tuple(start, lines, ends, fc.boolean(), streams(role))
    .map(([first, rest, some, isStrict, behind]) => {
      const all = [first, ...rest, ""];
      const head = all.map(
        (line, index) => line + (isStrict ? "\r\n" : some[index % some.length]!),
      );
      return joinBytes([encodeText(head.join("")), behind]);
    });
}
