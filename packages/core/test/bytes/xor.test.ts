import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/bytes/memory.ts";
import { rotateKey, xorBytes, xorWithKey } from "../../src/bytes/xor.ts";

const KEY = [0x37, 0xfa, 0x21, 0x3d];
const KEY_WORD = 0x37 | (0xfa << 8) | (0x21 << 16) | (0x3d << 24) | 0;

describe("xorWithKey (RFC 6455 §5.3)", () => {
  test("transforms byte i with byte i modulo 4 of the key, at every alignment and length, and nothing else", () => {
    for (let start = 0; start < 8; start += 1) {
      for (let length = 0; length < 200; length += 1) {
        const memory = createMemory(256);
        for (let index = 0; index < 256; index += 1) memory.bytes[index] = (index * 31) & 0xff;
        const before = memory.bytes.slice();
        xorWithKey(memory, start, start + length, KEY_WORD);
        const expected = before.map((octet, index) =>
          index >= start && index < start + length ? octet ^ KEY[(index - start) % 4]! : octet,
        );
        expect(memory.bytes).toEqual(expected);
      }
    }
  });

  test("twice is not at all", () => {
    const memory = createMemory(1000);
    memory.bytes.fill(9);
    xorWithKey(memory, 3, 997, KEY_WORD);
    xorWithKey(memory, 3, 997, KEY_WORD);
    expect(memory.bytes.every((octet) => octet === 9)).toBe(true);
  });

  test("in pieces with the key rotated is the same as in one", () => {
    for (let cut = 0; cut <= 100; cut += 1) {
      const whole = createMemory(100);
      const pieces = createMemory(100);
      xorWithKey(whole, 0, 100, KEY_WORD);
      xorWithKey(pieces, 0, cut, KEY_WORD);
      xorWithKey(pieces, cut, 100, rotateKey(KEY_WORD, cut));
      expect(pieces.bytes).toEqual(whole.bytes);
    }
  });

  test("by words is the same as by bytes, which is the definition", () => {
    for (let length = 0; length < 70; length += 1) {
      const words = createMemory(80);
      const octets = createMemory(80);
      xorWithKey(words, 3, 3 + length, -559038737);
      xorBytes(octets.bytes, 3, 3 + length, -559038737);
      expect(words.bytes).toEqual(octets.bytes);
    }
  });
});
