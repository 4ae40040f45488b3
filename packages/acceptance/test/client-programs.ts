/** Connections that behave and connections that do not, for a server to say what it thinks of them. */

import { close, frame, request, text, together } from "@sansocket/workshop/client-bytes";
import type { Step } from "@sansocket/workshop/raw-connection";
import { pattern } from "../programs/messages.mjs";

export interface ConnectionProgram {
  readonly title: string;
  readonly steps: readonly Step[];
  /** A timer of the server ends it; no other program meets one, however busy the machine is. */
  readonly isTimed?: true;
  /** Not played over TLS, and why. */
  readonly plainOnly?: string;
  /** Whether FIN or a reset ends it is up to the runtime, and why. */
  readonly endDiffers?: string;
}

const end: Step = { end: true };
const reset: Step = { reset: true };

/** Opens, says this in one piece, and reads until the server ends. */
function opened(title: string, ...frames: readonly Uint8Array[]): ConnectionProgram {
  return { title, steps: [{ send: request() }, { frames: 0 }, { send: together(...frames) }] };
}

/** Says this, and reads until the server ends. */
function plain(title: string, ...parts: readonly (Uint8Array | string)[]): ConnectionProgram {
  return { title, steps: parts.map((send) => ({ send })) };
}

/** Says this, and waits for a timer of the server. */
function timed(title: string, said: Uint8Array | string): ConnectionProgram {
  return { ...plain(title, said), isTimed: true };
}

const goodbye = close(1000);

const HANDSHAKES: readonly ConnectionProgram[] = [
  plain("a handshake and a Close", request(), goodbye),
  plain(
    "the handshake with its first frames in one write",
    together(request(), text("x"), goodbye),
  ),
  plain("a subprotocol is agreed on", request({ "Sec-WebSocket-Protocol": "x, chat" }), goodbye),
  plain("no subprotocol is agreed on", request({ "Sec-WebSocket-Protocol": "x, y" }), goodbye),
  plain("headers of the application", request({}, "GET /cookies HTTP/1.1"), goodbye),
  plain(
    "extensions are declined",
    request({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
    goodbye,
  ),
  {
    title: "the decision comes late, frames wait behind the head",
    steps: [{ send: together(request({}, "GET /late HTTP/1.1"), text("early"), goodbye) }],
  },
  {
    title: "the handshake byte by byte",
    steps: [{ send: request(), byteByByte: true }, { send: goodbye }],
  },
  plain("refused with a body", request({}, "GET /refuse HTTP/1.1")),
  plain(
    "refused, with frames behind the head",
    together(request({}, "GET /refuse HTTP/1.1"), text("x")),
  ),
  plain("a decision that throws", request({}, "GET /throw HTTP/1.1")),
  timed("a decision that never comes", request({}, "GET /never HTTP/1.1")),
  plain("a stranger's origin", request({ Origin: "https://evil.example" })),
  plain("the own origin", request({ Origin: "http://localhost" }), goodbye),
  plain("another version", request({ "Sec-WebSocket-Version": "8" })),
  plain("no version", request({ "Sec-WebSocket-Version": "" })),
  plain("no key", request({ "Sec-WebSocket-Key": "" })),
  plain("a key of 15 bytes", request({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" })),
  plain("no Host", request({ Host: "" })),
  plain("another method", request({}, "POST / HTTP/1.1")),
  plain("HTTP/1.0", request({}, "GET / HTTP/1.0")),
  plain("an absolute-form target", request({}, "GET http://localhost/a?b HTTP/1.1"), goodbye),
  plain("plain HTTP that is answered", "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  plain("plain HTTP that is not found", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  plain("plain HTTP/1.0", "GET /plain HTTP/1.0\r\n\r\n"),
  plain("HEAD", "HEAD /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  plain(
    "POST with a body",
    "POST /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
  ),
  plain(
    "POST with a body that is too long",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n",
  ),
  plain(
    "two requests in one write",
    "GET /plain HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
  ),
  plain("no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
  plain("a bare LF", "GET / HTTP/1.1\nHost: localhost\n\n"),
  plain(
    "a head that is too long",
    `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(90)}Y: ${"z".repeat(20_000)}\r\n\r\n`,
  ),
  plain("too many header lines", `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(120)}\r\n`),
  timed("silence", ""),
  timed("a part of a head, and silence", "GET / HTTP/1.1\r\nHost:"),
  { title: "an end before the request", steps: [end] },
  { title: "an end within the request", steps: [{ send: "GET / HTTP/1.1\r\n" }, end] },
  { title: "an end behind the request", steps: [{ send: request() }, end] },
  { title: "a reset at once", steps: [reset] },
  { title: "a reset within the request", steps: [{ send: "GET / HTTP/1.1\r\n" }, reset] },
];

const MESSAGES: readonly ConnectionProgram[] = [
  ...["hello", "", "grüße, 世界 😀", "x".repeat(125), "x".repeat(126), "x".repeat(70_000)].map(
    (payload) => opened(`text of ${payload.length} characters`, text(payload), goodbye),
  ),
  ...[0, 1, 125, 126, 65_535, 65_536, 1_048_576].map((length) =>
    opened(`${length} bytes`, frame(0x82, pattern(length)), goodbye),
  ),
  opened("a masking key of zeros", frame(0x81, "plain to see", { key: [0, 0, 0, 0] }), goodbye),
  opened("three messages in one write", text("1"), frame(0x82, pattern(3)), text("3"), goodbye),
  opened(
    "a message in three fragments",
    frame(0x01, "a"),
    frame(0x00, "b"),
    frame(0x80, "c"),
    goodbye,
  ),
  opened("empty fragments", frame(0x02), frame(0x00), frame(0x00, "x"), frame(0x80), goodbye),
  opened(
    "a character in two fragments",
    frame(0x01, Uint8Array.of(0xe4, 0xb8)),
    frame(0x80, Uint8Array.of(0x96)),
    goodbye,
  ),
  opened(
    "control between fragments",
    frame(0x01, "a"),
    frame(0x89, "ping"),
    frame(0x00, "b"),
    frame(0x8a, "unasked"),
    frame(0x80, "c"),
    goodbye,
  ),
  opened(
    "pings, empty, of 125 bytes, and three in one write",
    frame(0x89),
    frame(0x89, pattern(125)),
    frame(0x89, "3"),
    goodbye,
  ),
  opened("a pong that nobody asked for", frame(0x8a, "?"), goodbye),
  {
    title: "frames byte by byte",
    steps: [
      { send: request() },
      { frames: 0 },
      {
        send: together(
          frame(0x01, "héllo"),
          frame(0x89, "p"),
          frame(0x80, "x".repeat(130)),
          goodbye,
        ),
        byteByByte: true,
      },
    ],
  },
  {
    title: "the server pings, and is answered",
    steps: [
      { send: together(request(), text("!ping")) },
      { frames: 1 },
      { send: together(frame(0x8a, Uint8Array.of(1, 2, 3)), goodbye) },
    ],
  },
  {
    title: "the server sends fragments",
    steps: [{ send: together(request(), text("!stream")) }, { frames: 4 }, { send: goodbye }],
  },
  {
    title: "the server sends 300,000 bytes",
    steps: [{ send: together(request(), text("!send 300000")) }, { frames: 1 }, { send: goodbye }],
  },
  {
    title: "a hook that throws",
    steps: [{ send: together(request(), text("!throw")) }, { frames: 1 }, { send: close(1011) }],
  },
  {
    title: "a hook that rejects",
    steps: [{ send: together(request(), text("!reject")) }, { frames: 1 }, { send: close(1011) }],
  },
];

const VIOLATIONS: readonly ConnectionProgram[] = [
  opened("not masked", frame(0x81, "x", { key: null })),
  opened("a message, and then one not masked", text("good"), frame(0x81, "x", { key: null })),
  ...[0x83, 0x87, 0x8b, 0x8f].map((first) => opened(`opcode ${first & 15}`, frame(first, "x"))),
  ...[0xc1, 0xa1, 0x91, 0xf1].map((first) =>
    opened(`RSV bits 0x${(first & 0x70).toString(16)}`, frame(first, "x")),
  ),
  opened("a ping in fragments", frame(0x09, "x")),
  opened("a ping of 126 bytes", frame(0x89, pattern(126))),
  opened("a continuation of nothing", frame(0x80, "x")),
  opened("a message within a message", frame(0x01, "a"), text("b")),
  opened("text that is no UTF-8", frame(0x81, Uint8Array.of(0x61, 0xff, 0x61))),
  opened("text that ends within a character", frame(0x81, Uint8Array.of(0xe4, 0xb8))),
  opened("a surrogate as UTF-8", frame(0x81, Uint8Array.of(0xed, 0xa0, 0x80))),
  opened("the second fragment is no UTF-8", frame(0x01, "a"), frame(0x80, Uint8Array.of(0xff))),
  opened("a length in 16 bits that fits into 7", frame(0x81, "x", { form: 16 })),
  opened("a length in 64 bits that fits into 16", frame(0x81, "x".repeat(200), { form: 64 })),
  opened("a length with its highest bit set", frame(0x82, "", { announced: 1n << 63n })),
  opened("a message above the limit", frame(0x82, "", { announced: 3_000_000n })),
  opened(
    "fragments above the limit",
    frame(0x02, pattern(1_500_000)),
    frame(0x80, "", { announced: 1_000_000n }),
  ),
  opened("a Close of one byte", frame(0x88, "x")),
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map((code) =>
    opened(`close code ${code}`, close(code)),
  ),
  opened("a close reason that is no UTF-8", close(1000, Uint8Array.of(0xff))),
  opened("bytes behind a violation", frame(0x83, "x"), text("dropped"), frame(0x89, "dropped")),
];

const ENDINGS: readonly ConnectionProgram[] = [
  opened("a Close without a code", close()),
  ...[1001, 1012, 3000, 4999].map((code) => opened(`a Close of ${code}`, close(code, "so"))),
  opened("a Close with the longest reason", close(1000, "x".repeat(123))),
  opened("frames behind a Close", goodbye, text("dropped"), frame(0x89, "dropped")),
  { title: "a Close, and the end at once", steps: [{ send: together(request(), goodbye) }, end] },
  {
    title: "the server closes, and is answered",
    steps: [
      { send: together(request(), text("!close 4001 bye")) },
      { frames: 1 },
      { send: close(4_001) },
    ],
  },
  {
    title: "the server closes without a code",
    steps: [{ send: together(request(), text("!close 1005")) }, { frames: 1 }, { send: close() }],
  },
  {
    title: "both close at the same time",
    steps: [{ send: together(request(), text("!close 4001 bye"), close(4_002, "me too")) }],
  },
  {
    title: "messages behind the server's Close",
    steps: [
      { send: together(request(), text("!close 4001")) },
      { frames: 1 },
      { send: together(text("late"), frame(0x89, "late"), close(4_001)) },
    ],
  },
  {
    title: "the server closes, and the client leaves without a Close",
    steps: [{ send: together(request(), text("!close 4001")) }, { frames: 1 }, end],
  },
  {
    title: "the server closes, and hears nothing",
    isTimed: true,
    steps: [{ send: together(request(), text("!close 4001")) }],
    endDiffers: "it is cut off: Bun resets, Node and Deno only close",
  },
  {
    title: "the server aborts",
    steps: [{ send: together(request(), text("!abort")) }],
    endDiffers: "it is cut off: Bun resets, Node and Deno only close",
  },
  {
    title: "the client ends its half after a message",
    steps: [{ send: together(request(), text("x")) }, end],
  },
  {
    title: "the client ends its half within a frame",
    steps: [{ send: together(request(), text("hello").subarray(0, 8)) }, end],
  },
  {
    title: "the client resets",
    steps: [{ send: together(request(), text("x")) }, { frames: 1 }, reset],
    plainOnly:
      "Node, which plays the client, may say close_notify before it resets: an end then, and no reset",
  },
  {
    title: "the client resets behind the Closes",
    steps: [{ send: together(request(), goodbye) }, { frames: 1 }, reset],
  },
];

/** What a server leaves unread turns its end into a reset, which would take its last words with it. */
const UNREAD: readonly ConnectionProgram[] = [
  plain(
    "refused, with 1 MiB behind the head",
    together(request({}, "GET /refuse HTTP/1.1"), pattern(1_048_576)),
  ),
  plain("no HTTP, 1 MiB of it", pattern(1_048_576)),
  plain(
    "a body that is too long, and is sent all the same",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n",
    pattern(1_048_576),
  ),
  plain("a violation, with 1 MiB behind it", request(), together(frame(0x83), pattern(1_048_576))),
  plain("a Close, with 1 MiB behind it", request(), together(goodbye, pattern(1_048_576))),
];

export const PROGRAMS: readonly ConnectionProgram[] = [
  ...HANDSHAKES,
  ...MESSAGES,
  ...VIOLATIONS,
  ...ENDINGS,
  ...UNREAD,
];
