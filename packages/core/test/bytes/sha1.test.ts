import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sha1 } from "../../src/bytes/sha1.ts";

function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

describe("sha1", () => {
  for (const { message, digest, because } of [
    {
      message: "abc",
      digest: "a9993e364706816aba3e25717850c26c9cd0d89d",
      because: "FIPS 180, one block",
    },
    {
      message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      digest: "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
      because: "FIPS 180, two blocks: 56 bytes leave no room for the length in the first",
    },
    {
      message:
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      digest: "a49b2446a02c645bf419f995b67091253a04a259",
      because: "NIST's example of 112 bytes",
    },
    {
      message: "",
      digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      because: "nothing but padding",
    },
    {
      message: "a".repeat(1_000_000),
      digest: "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
      because: "FIPS 180, a million times a",
    },
    {
      message: "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
      digest: "b37a4f2cc0624f1690f64606cf385945b2bec4ea",
      because: "RFC 6455 §1.3 and §4.2.2 print this digest",
    },
  ]) {
    test(`${message.length} octets have the published digest: ${because}`, () => {
      expect(hexOf(sha1(octets(message)))).toBe(digest);
    });
  }

  test("every length from 0 to 300 bytes has the digest that node:crypto computes", () => {
    const message = Uint8Array.from({ length: 300 }, (_, at) => (at * 151 + 7) & 0xff);
    for (let length = 0; length <= message.length; length += 1) {
      const part = message.subarray(0, length);
      expect(hexOf(sha1(part)), `${length} octets`).toBe(
        createHash("sha1").update(part).digest("hex"),
      );
    }
  });

  test("the message is only read, also when it is a view into a larger buffer", () => {
    const buffer = new Uint8Array(64).fill(0x61);
    const digest = hexOf(sha1(buffer.subarray(30, 33)));
    expect(digest).toBe(hexOf(sha1(octets("aaa"))));
    expect(buffer).toEqual(new Uint8Array(64).fill(0x61));
  });
});
