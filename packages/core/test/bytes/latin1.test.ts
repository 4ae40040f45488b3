import { describe, expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/bytes/latin1.ts";

describe("latin1", () => {
  test("every byte is the character of its number, and back", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    const text = decodeLatin1(bytes, 0, 256);
    for (let octet = 0; octet < 256; octet += 1) expect(text.charCodeAt(octet)).toBe(octet);
    const encoded = new Uint8Array(258);
    expect(encodeLatin1(text, encoded, 1)).toBe(257);
    expect(encoded.subarray(1, 257)).toEqual(bytes);
    expect([encoded[0], encoded[257]]).toEqual([0, 0]);
  });

  test("a part of the bytes is decoded, of any length around the size of a block", () => {
    for (const length of [0, 1, 4095, 4096, 4097, 8192, 300_000]) {
      const bytes = new Uint8Array(length + 2).fill(0x78).fill(0x61, 1, length + 1);
      expect(decodeLatin1(bytes, 1, length + 1)).toBe("a".repeat(length));
    }
  });

  test("a character above U+00FF and a target that is too small are bugs of ours, never written short", () => {
    const target = new Uint8Array(2);
    expect(() => encodeLatin1("\u0100", target, 0)).toThrow("bug:");
    expect(() => encodeLatin1("ab", target, 1)).toThrow("bug:");
    expect(target).toEqual(new Uint8Array(2));
  });
});
