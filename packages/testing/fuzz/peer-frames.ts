/** The words of a peer: heads and frames that are right, or that break one rule. */

import { writeFrame } from "../src/model/frame.ts";
import { latin1 } from "../src/model/terms.ts";
import { bytesOf } from "../src/model/utf8.ts";
import { acceptKey } from "../src/wire/accept-key.ts";
import { oneIn, pick, type RandomSource } from "./random.ts";
import { storedDeflate } from "./stored-deflate.ts";

/** The peer, and the message that it has begun. */
export interface PeerState {
  /** The peer is a client. */
  readonly masks: boolean;
  readonly isCompressed: boolean;
  /** The opcode of the fragmented message under way; 0 for none. */
  opcode: number;
  isMessageCompressed: boolean;
  /** Bytes of text that the fragments so far left open. */
  rest: Uint8Array;
  /** Payloads that the endpoint may have sent in pings. */
  readonly pings: readonly Uint8Array[];
}

const LENGTHS = [0, 0, 1, 2, 3, 4, 5, 7, 12, 30, 60];
const FAR_LENGTHS = [124, 125, 126, 127, 128, 200, 300];
const TEXTS = ["a", "é", "€", "😀", "Hello", "\u0000", "\u07ff", "\uffff", "\u{10ffff}", "\ufeff"];
const BAD_TEXTS: readonly (readonly number[])[] = [
  [0x80],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x9f, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5],
  [0xff],
  [0x61, 0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
];
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1009, 1011, 1014, 3000, 3999, 4000, 4999];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535];

export function randomBytes(random: RandomSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = random.below(256);
  return bytes;
}

export function randomLength(random: RandomSource): number {
  return oneIn(random, 8) ? pick(random, FAR_LENGTHS) : pick(random, LENGTHS);
}

export function randomText(random: RandomSource): string {
  let text = oneIn(random, 8) ? "x".repeat(pick(random, FAR_LENGTHS) - 3) : "";
  for (let left = random.below(5); left > 0; left -= 1) text += pick(random, TEXTS);
  return text;
}

function keyOf(random: RandomSource, { masks }: PeerState): Uint8Array | null {
  if (!masks) return null;
  return oneIn(random, 4) ? new Uint8Array(4) : randomBytes(random, 4);
}

function frame(
  random: RandomSource,
  peer: PeerState,
  opcode: number,
  payload: Uint8Array,
  fin: boolean = true,
  rsv: number = 0,
): Uint8Array {
  return writeFrame(fin, rsv, opcode, payload, keyOf(random, peer));
}

/** The next frame of a peer that keeps the rules, except that one in `faults` frames breaks one. */
export function peerFrame(random: RandomSource, peer: PeerState, faults: number): Uint8Array {
  if (oneIn(random, faults)) return pick(random, FAULTS)(random, peer);
  const kind = random.below(20);
  if (kind < 3) return frame(random, peer, 9, controlPayload(random));
  if (kind < 5) return frame(random, peer, 10, pongPayload(random, peer));
  if (kind < 6) return frame(random, peer, 8, closeBody(random));
  return peer.opcode === 0 ? firstFrame(random, peer) : nextFrame(random, peer);
}

function controlPayload(random: RandomSource): Uint8Array {
  return randomBytes(random, oneIn(random, 10) ? 125 : random.below(8));
}

function pongPayload(random: RandomSource, { pings }: PeerState): Uint8Array {
  if (oneIn(random, 3) && pings.length > 0) return pick(random, pings);
  // The payload of a ping without one is its number.
  return oneIn(random, 2) ? Uint8Array.of(0, 0, 0, 1 + random.below(3)) : controlPayload(random);
}

function closeBody(random: RandomSource): Uint8Array {
  if (oneIn(random, 4)) return new Uint8Array(0);
  const code = pick(random, GOOD_CODES);
  return Uint8Array.from([code >> 8, code & 255, ...bytesOf(randomText(random)).slice(0, 60)]);
}

const stored = storedDeflate(9);

function firstFrame(random: RandomSource, peer: PeerState): Uint8Array {
  const opcode = 1 + random.below(2);
  const fin = !oneIn(random, 3);
  const data =
    opcode === 1 ? bytesOf(randomText(random)) : randomBytes(random, randomLength(random));
  const isCompressed = peer.isCompressed && !oneIn(random, 3);
  if (!fin) {
    peer.opcode = opcode;
    peer.isMessageCompressed = isCompressed;
  }
  // A fragment of text may end inside a character.
  const cut = fin || opcode === 2 ? data.length : random.below(data.length + 1);
  peer.rest = data.slice(cut);
  const part = data.slice(0, cut);
  const payload = isCompressed ? stored.deflate(part, fin) : part;
  return frame(random, peer, opcode, payload, fin, isCompressed ? 4 : 0);
}

function nextFrame(random: RandomSource, peer: PeerState): Uint8Array {
  const fin = oneIn(random, 2);
  const data = oneIn(random, 3) ? new Uint8Array(0) : Uint8Array.from([...peer.rest]);
  const part = fin ? peer.rest : data;
  if (part.length > 0) peer.rest = new Uint8Array(0);
  const payload = peer.isMessageCompressed ? stored.deflate(part, fin) : part;
  if (fin) peer.opcode = 0;
  return frame(random, peer, 0, payload, fin);
}

/** A frame around and above 64 KiB. */
export function largeFrame(random: RandomSource, peer: PeerState): Uint8Array {
  const length = pick(random, [65_530, 65_535, 65_536, 70_000, 140_000, 200_000]);
  const payload = new Uint8Array(length).fill(0x61 + random.below(3));
  if (oneIn(random, 2)) payload.set(randomBytes(random, 4), random.below(length - 4));
  const isFirst = peer.opcode === 0;
  const fin = !oneIn(random, 3);
  if (isFirst && !fin) {
    peer.opcode = 1 + random.below(2);
    peer.isMessageCompressed = false;
    peer.rest = new Uint8Array(0);
    return frame(random, peer, peer.opcode, payload, false);
  }
  if (!isFirst && fin) peer.opcode = 0;
  return frame(random, peer, isFirst ? 1 + random.below(2) : 0, payload, fin);
}

type Fault = (random: RandomSource, peer: PeerState) => Uint8Array;

/** A header of any bits, with its length in any form. */
function rawFrame(
  random: RandomSource,
  peer: PeerState,
  first: number,
  length: readonly number[],
  payload: Uint8Array = new Uint8Array(0),
  masks: boolean = peer.masks,
): Uint8Array {
  const [short, ...long] = length as [number, ...number[]];
  const key = masks ? randomBytes(random, 4) : [];
  return Uint8Array.from([first, (masks ? 128 : 0) + short, ...long, ...key, ...payload]);
}

const FAULTS: readonly Fault[] = [
  (random, peer) =>
    frame(
      random,
      peer,
      pick(random, [0, 1, 2, 8, 9, 10]),
      new Uint8Array(3),
      true,
      1 + random.below(7),
    ),
  (random, peer) =>
    frame(random, peer, pick(random, [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), new Uint8Array(0)),
  (random, peer) => frame(random, peer, pick(random, [8, 9, 10]), new Uint8Array(2), false),
  (random, peer) =>
    rawFrame(
      random,
      peer,
      0x80 + pick(random, [1, 2, 8, 9, 10]),
      [1],
      Uint8Array.of(65),
      !peer.masks,
    ),
  (random, peer) =>
    rawFrame(
      random,
      peer,
      0x80 + pick(random, [8, 9, 10]),
      pick(random, [
        [126, 0, 126],
        [127, 0, 0, 0, 0, 0, 1, 0, 0],
      ]),
    ),
  (random, peer) => rawFrame(random, peer, 0x82, [126, 0, random.below(126)]),
  (random, peer) =>
    rawFrame(random, peer, 0x82, [127, 0, 0, 0, 0, 0, 0, random.below(256), random.below(256)]),
  (random, peer) =>
    rawFrame(random, peer, 0x82, [127, 128 + random.below(128), 0, 0, 0, 0, 0, 0, 1]),
  (random, peer) =>
    rawFrame(random, peer, 0x82, [127, 0, 0x20 + random.below(200), 0, 0, 0, 0, 0, 0]),
  (random, peer) =>
    rawFrame(random, peer, 0x80 + 1 + random.below(2), [
      127,
      0,
      0,
      0,
      0,
      random.below(256),
      1,
      0,
      0,
    ]),
  (random, peer) => frame(random, peer, 0, Uint8Array.of(66), oneIn(random, 2)),
  (random, peer) => frame(random, peer, 1 + random.below(2), Uint8Array.of(67), oneIn(random, 2)),
  (random, peer) =>
    frame(
      random,
      peer,
      peer.opcode === 1 ? 0 : 1,
      Uint8Array.from([...bytesOf(randomText(random)), ...pick(random, BAD_TEXTS), 65]),
    ),
  (random, peer) =>
    frame(
      random,
      peer,
      peer.opcode === 1 ? 0 : 1,
      Uint8Array.from([...bytesOf(randomText(random)), ...pick(random, BAD_TEXTS)]),
    ),
  (random, peer) => frame(random, peer, 8, Uint8Array.of(random.below(256))),
  (random, peer) => {
    const code = pick(random, BAD_CODES);
    return frame(random, peer, 8, Uint8Array.of(code >> 8, code & 255, 65));
  },
  (random, peer) =>
    frame(random, peer, 8, Uint8Array.from([3, 232, 65, ...pick(random, BAD_TEXTS)])),
  (random, peer) =>
    frame(
      random,
      peer,
      2,
      randomBytes(random, 1 + random.below(8)),
      true,
      peer.isCompressed ? 4 : 0,
    ),
  (random, peer) => {
    const payload = stored.deflate(randomBytes(random, 1 + random.below(20)), true);
    payload[random.below(payload.length)] = random.below(256);
    return frame(random, peer, 2, payload, true, 4);
  },
  (random) => randomBytes(random, 1 + random.below(12)),
];

// ---- opening handshakes

const REQUEST_LINES = [
  "GET /chat?x=1 HTTP/1.1",
  "POST / HTTP/1.1",
  "GET / HTTP/1.0",
  "GET  / HTTP/1.1",
  "GET http://a/b HTTP/1.1",
  "GET ws://[::1]:80?q HTTP/1.1",
  "GET ftp://a/ HTTP/1.1",
  "HEAD / HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "CONNECT a:1 HTTP/1.1",
  "CONNECT / HTTP/1.1",
  "GET * HTTP/1.1",
  "GET /#a HTTP/1.1",
  "GET / HTTP/2.0",
  "GET / HTTP/1.2",
  "GET / http/1.1",
  "GET /",
  "G(T / HTTP/1.1",
  "\r\nGET / HTTP/1.1",
];
const STATUS_LINES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 401 No",
  "HTTP/1.1 404",
  "HTTP/1.1 204 ",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 999 \u00e9",
  "HTTP/1.0 101 x",
  "HTTP/1.1 1O1 x",
  "HTTP/1.1 099 x",
  "HTTP/1.1  101 x",
  "HTTP/2.0 101 x",
];
const FIELDS = [
  "Host: localhost",
  "Host: a:80",
  "Host:",
  "Host: a b",
  "Host: [1:2::3]:99",
  "Host: %61%",
  "upgrade: h2c, WebSocket",
  "Upgrade: h2c",
  "Connection: keep-alive, Upgrade",
  "Connection: close",
  "Sec-WebSocket-Key: short",
  "Sec-WebSocket-Version: 8",
  "Sec-WebSocket-Version: 13, 8",
  "Sec-WebSocket-Protocol: a, b",
  "Sec-WebSocket-Protocol: a, a",
  "Sec-WebSocket-Protocol: ,",
  "Sec-WebSocket-Protocol: v2.chat",
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y="1"',
  "Sec-WebSocket-Extensions: constructor; __proto__",
  "Sec-WebSocket-Extensions: a b",
  'Sec-WebSocket-Extensions: a; b="c d"',
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Origin: http://localhost",
  "Origin: http://evil",
  "Content-Length: 5",
  "Content-Length: 0",
  "Content-Length: 5, 5",
  "Content-Length: 5, 6",
  "Content-Length: x",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: gzip",
  "__proto__: x",
  " folded: line",
  "\tfolded",
  "No colon",
  "Space : before",
  "Bad(name: x",
  "Empty:",
  "Control: a\u0007",
  "Tab:\ta\t ",
  "Bare: a\rb",
  "High: \u00ff",
];
const ENDS = ["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"];
const BODIES = [
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
  "3 \r\nabc\r\n2\r\nde\r\n0\r\n\r\nmore",
  "5\r\nhelloX",
  "g\r\n",
  "ffffffffffffffffff\r\n",
  "0\r\n\r\n",
  "",
];

/** Lines that are right, and perhaps one missing, doubled or another one between them. */
function lines(random: RandomSource, start: string, right: readonly string[]): string {
  const all = [start, ...right];
  for (let changes = random.below(3); changes > 0; changes -= 1) {
    const at = 1 + random.below(all.length);
    if (oneIn(random, 3)) all.splice(at, 1);
    else all.splice(at, 0, oneIn(random, 6) ? pick(random, right) : pick(random, FIELDS));
  }
  const isStrict = !oneIn(random, 8);
  return [...all, ""].map((line) => line + (isStrict ? "\r\n" : pick(random, ENDS))).join("");
}

const RIGHT_REQUEST = [
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

/** A client's request. */
export function peerRequest(random: RandomSource): Uint8Array {
  const start = oneIn(random, 4) ? pick(random, REQUEST_LINES) : "GET / HTTP/1.1";
  const right = oneIn(random, 8) ? ["Host: a"] : RIGHT_REQUEST;
  return latin1(lines(random, start, right));
}

/** A server's response to a request with this key. */
export function peerResponse(random: RandomSource, key: string): Uint8Array {
  const accept = `Sec-WebSocket-Accept: ${acceptKey(key)}`;
  const right = ["Upgrade: websocket", "Connection: Upgrade", accept];
  const interim = oneIn(random, 8) ? "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" : "";
  if (!oneIn(random, 3)) {
    return latin1(interim + lines(random, "HTTP/1.1 101 Switching Protocols", right));
  }
  const framing = pick(random, ["Content-Length: 5", "Transfer-Encoding: chunked", "Date: x"]);
  const head = lines(random, pick(random, STATUS_LINES), [framing]);
  return latin1(interim + head + pick(random, BODIES));
}
