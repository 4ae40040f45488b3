/** RFC 6455 §5.2: the frame header in and out. */
import { describe, expect, test } from "vitest";
import {
  headerBytes,
  headerBytesFor,
  judgeFirstBytes,
  LENGTH_NOT_MINIMAL,
  LENGTH_TOP_BIT_SET,
  LENGTH_UNSAFE,
  MASK,
  readPayloadLength,
  writeFrameHeader,
} from "../../src/frame/frame-header.ts";
import { createMaskingKeyPool, nextMaskingKey } from "../../src/frame/masking-key.ts";
import { frame, KEY } from "../wire.ts";

describe("payload lengths", () => {
  for (const { length, octets, because } of [
    { length: 0, octets: 2, because: "the first in 7 bits" },
    { length: 125, octets: 2, because: "the last in 7 bits" },
    { length: 126, octets: 4, because: "the first in 16 bits" },
    { length: 127, octets: 4, because: "not what 127 announces" },
    { length: 65_535, octets: 4, because: "the last in 16 bits" },
    { length: 65_536, octets: 10, because: "the first in 64 bits" },
    { length: 2 ** 31, octets: 10, because: "beyond a signed 32-bit number" },
    { length: 2 ** 32 + 1, octets: 10, because: "beyond 32 bits" },
    { length: Number.MAX_SAFE_INTEGER, octets: 10, because: "the last that a number holds" },
  ]) {
    test(`${length} is written in ${octets} octets and read back: ${because}`, () => {
      for (const maskBit of [0, MASK]) {
        const bytes = new Uint8Array(20);
        expect(writeFrameHeader(bytes, 3, 0x82, maskBit, length)).toBe(3 + octets);
        expect(headerBytesFor(length, maskBit !== 0)).toBe(octets + (maskBit === 0 ? 0 : 4));
        expect(headerBytes(bytes[4]!)).toBe(octets + (maskBit === 0 ? 0 : 4));
        expect(readPayloadLength(bytes, 3)).toBe(length);
        const byHand = frame({
          opcode: 2,
          key: maskBit === 0 ? null : KEY,
          declared: BigInt(length),
        });
        expect(bytes.slice(3, 3 + octets)).toEqual(byHand.slice(0, octets));
      }
    });
  }

  for (const { declared, lengthBytes, answer, because } of [
    { declared: 0n, lengthBytes: 2, answer: LENGTH_NOT_MINIMAL, because: "0 in 16 bits" },
    { declared: 125n, lengthBytes: 2, answer: LENGTH_NOT_MINIMAL, because: "125 in 16 bits" },
    { declared: 125n, lengthBytes: 8, answer: LENGTH_NOT_MINIMAL, because: "125 in 64 bits" },
    {
      declared: 65_535n,
      lengthBytes: 8,
      answer: LENGTH_NOT_MINIMAL,
      because: "65,535 in 64 bits",
    },
    { declared: 2n ** 63n, lengthBytes: 8, answer: LENGTH_TOP_BIT_SET, because: "the top bit" },
    { declared: 2n ** 64n - 1n, lengthBytes: 8, answer: LENGTH_TOP_BIT_SET, because: "all bits" },
    {
      declared: 2n ** 53n,
      lengthBytes: 8,
      answer: LENGTH_UNSAFE,
      because: "one above what a number holds",
    },
    {
      declared: 2n ** 62n,
      lengthBytes: 8,
      answer: LENGTH_UNSAFE,
      because: "legal, and beyond us",
    },
  ] as const) {
    test(`${because} is refused`, () => {
      expect(readPayloadLength(frame({ opcode: 2, declared, lengthBytes }), 0)).toBe(answer);
    });
  }
});

describe("the first two bytes", () => {
  const knownOpcodes = [0, 1, 2, 8, 9, 10];

  test("of all 65,536 exactly those are refused that §5.2 and §5.5 refuse", () => {
    for (let first = 0; first < 256; first += 1) {
      for (let second = 0; second < 256; second += 1) {
        const opcode = first & 15;
        const isControl = opcode >= 8;
        const isRight =
          (first & 0x70) === 0 &&
          knownOpcodes.includes(opcode) &&
          !(isControl && first < 0x80) &&
          second >= 0x80 &&
          !(isControl && (second & 0x7f) > 125);
        if ((judgeFirstBytes(first, second, MASK, 0) === null) !== isRight) {
          throw new Error(`differs on ${first.toString(16)} ${second.toString(16)}`);
        }
      }
    }
  });

  test("may have the bits that an extension claims, and no others", () => {
    expect(judgeFirstBytes(0xc1, 0x80, MASK, 0x40)).toBeNull();
    expect(judgeFirstBytes(0xa1, 0x80, MASK, 0x40)).toBe("reserved-bit-set");
    expect(judgeFirstBytes(0xe1, 0x80, MASK, 0x40)).toBe("reserved-bit-set");
  });
});

describe("masking keys (§5.3)", () => {
  test("are each used once, and drawn anew when the pool is empty", () => {
    let drawn = 0;
    const random = (into: Uint8Array) => {
      drawn += 1;
      const words = new Int32Array(into.buffer);
      for (let index = 0; index < words.length; index += 1) words[index] = drawn * 10_000 + index;
    };
    const pool = createMaskingKeyPool();
    const keys = Array.from({ length: 5000 }, () => nextMaskingKey(pool, random));
    expect(new Set(keys).size).toBe(5000);
    expect(drawn).toBe(3);
  });

  test("that have been used are not kept in memory", () => {
    const pool = createMaskingKeyPool();
    const random = (into: Uint8Array) => void into.fill(7);
    nextMaskingKey(pool, random);
    expect(pool.keys[0]).toBe(0);
    expect(pool.keys[1]).not.toBe(0);
  });
});
