/**
 * The Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2), by code that shares nothing with the engine: SHA-1 (FIPS
 * 180-4) and base64 (RFC 4648), bit by bit as their texts say.
 */
import { encodeText } from "./text.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Fuzzers ask for few keys very often. */
const MOST_REMEMBERED = 1_000;
const answers = new Map<string, string>();

/** The answer to a Sec-WebSocket-Key. */
export function acceptKey(key: string): string {
  let answer = answers.get(key);
  if (answer === undefined) {
    answer = base64(sha1(encodeText(key + GUID)));
    if (answers.size < MOST_REMEMBERED) answers.set(key, answer);
  }
  return answer;
}

function sha1(message: Uint8Array): Uint8Array {
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let block = 0; block < blocks; block += 1) {
    const words: number[] = [];
    for (let t = 0; t < 80; t += 1) {
      words.push(
        t < 16
          ? view.getInt32(block * 64 + t * 4)
          : rotate(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1),
      );
    }
    let [a, b, c, d, e] = hash as [number, number, number, number, number];
    for (let t = 0; t < 80; t += 1) {
      const next =
        (rotate(a, 5) + mix(t, b, c, d) + e + CONSTANTS[Math.floor(t / 20)]! + words[t]!) | 0;
      [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((value, index) => {
      hash[index] = (hash[index]! + value) | 0;
    });
  }
  const bytes = new Uint8Array(20);
  hash.forEach((value, index) => {
    new DataView(bytes.buffer).setInt32(index * 4, value);
  });
  return bytes;
}

const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return (b & c) | (~b & d);
  if (t >= 40 && t < 60) return (b & c) | (b & d) | (c & d);
  return b ^ c ^ d;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 with padding (RFC 4648 §4). */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit < 4; digit += 1) {
      text += at + digit > bytes.length ? "=" : DIGITS[(three >> (18 - 6 * digit)) & 63];
    }
  }
  return text;
}
