/** Sec-WebSocket-Accept (RFC 6455 §4.2.2): base64 (RFC 4648) of SHA-1 (RFC 3174, method 1) of key and GUID. */
import { latin1 } from "./terms.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 with padding, by way of a string of bits. */
export function base64(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const text = (bits.match(/.{1,6}/g) ?? []).map((six) => {
    return ALPHABET[Number.parseInt(six.padEnd(6, "0"), 2)]!;
  });
  while (text.length % 4 !== 0) text.push("=");
  return text.join("");
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

function sha1(message: Uint8Array): Uint8Array {
  const padded = [...message, 0x80];
  while (padded.length % 64 !== 56) padded.push(0);
  const bitLength = message.length * 8;
  padded.push(0, 0, 0, 0, bitLength >>> 24, (bitLength >> 16) & 255, (bitLength >> 8) & 255);
  padded.push(bitLength & 255);
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let block = 0; block < padded.length; block += 64) {
    const words: number[] = [];
    for (let t = 0; t < 80; t += 1) {
      const at = block + t * 4;
      words.push(
        t < 16
          ? ((padded[at]! << 24) |
              (padded[at + 1]! << 16) |
              (padded[at + 2]! << 8) |
              padded[at + 3]!) >>>
              0
          : rotated(words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!, 1),
      );
    }
    let [a, b, c, d, e] = hash as [number, number, number, number, number];
    for (let t = 0; t < 80; t += 1) {
      const f =
        t < 20 ? (b & c) | (~b & d) : t < 40 || t >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][Math.floor(t / 20)]!;
      const next = (rotated(a, 5) + (f >>> 0) + e + words[t]! + k) >>> 0;
      [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((word, index) => {
      hash[index] = (hash[index]! + word) >>> 0;
    });
  }
  return Uint8Array.from(
    hash.flatMap((word) => [word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255]),
  );
}

const answers = new Map<string, string>();

/** The answer to a key. The model remembers the answers, because fuzzers ask for few keys very often. */
export function acceptOf(key: string): string {
  let answer = answers.get(key);
  if (answer === undefined) {
    const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    answer = base64(sha1(latin1(text)));
    if (answers.size < 1000) answers.set(key, answer);
  }
  return answer;
}
