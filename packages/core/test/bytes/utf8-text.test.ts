/** Strings to UTF-8 and back: every character, and every length at which the loops change. */
import { describe, expect, test } from "vitest";
import {
  decodeUtf8,
  encodeUtf8,
  encodeUtf8Into,
  isHighSurrogate,
  isLowSurrogate,
  utf8Length,
} from "../../src/bytes/utf8-text.ts";
import { seededNumbers } from "../seeded-bytes.ts";

const encoder = new TextEncoder();

/** Compared in one go: an expectation for each of a million characters would take minutes. */
function differing(codePoints: Iterable<number>, texts: (character: string) => string): string[] {
  const found: string[] = [];
  for (const codePoint of codePoints) {
    const text = texts(String.fromCodePoint(codePoint));
    const bytes = encodeUtf8(text);
    const isRight =
      utf8Length(text) === bytes.length && decodeUtf8(bytes, 0, bytes.length) === text;
    if (!isRight) found.push(codePoint.toString(16));
  }
  return found;
}

function* everyScalarValue(step: number): Generator<number> {
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += step) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) yield codePoint;
  }
}

/** The first and last of every length of UTF-8, of every plane, and around the surrogates. */
const LANDMARKS = [
  0x00,
  0x7f,
  0x80,
  0x7ff,
  0x800,
  0xd7ff,
  0xe000,
  0xfeff,
  0xfffd,
  0xfffe,
  0xffff,
  ...Array.from({ length: 16 }, (_, plane) => (plane + 1) << 16),
  ...Array.from({ length: 16 }, (_, plane) => ((plane + 1) << 16) + 0xffff),
];

describe("encoding and decoding", () => {
  test("bring back every character of Unicode, alone", () => {
    expect(differing(everyScalarValue(1), (character) => character)).toEqual([]);
  });

  test("bring back characters of every plane in a text beyond the short path", () => {
    expect(
      differing(everyScalarValue(257), (character) => `${"x".repeat(40)}${character}y`),
    ).toEqual([]);
  });

  for (const codePoint of LANDMARKS) {
    test(`U+${codePoint.toString(16).padStart(4, "0")} is written as TextEncoder writes it`, () => {
      const text = String.fromCodePoint(codePoint);
      expect([...encodeUtf8(text)]).toEqual([...encoder.encode(text)]);
    });
  }

  test("keep a byte order mark, at the start and elsewhere", () => {
    for (const text of ["\ufeff", "\ufeffa\ufeff", `\ufeff${"x".repeat(100)}`]) {
      const bytes = encoder.encode(text);
      expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
    }
  });

  test("bring back texts of 0 to 70 bytes, across the end of the short path, for characters of every length", () => {
    for (const character of ["a", "é", "€", "😀"]) {
      for (let count = 0; count <= 70; count += 1) {
        for (const text of [character.repeat(count), `a${character.repeat(count)}`]) {
          const bytes = encodeUtf8(text);
          expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
        }
      }
    }
  });

  test("bring back texts around every multiple of the block, whichever character stands there", () => {
    for (const block of [4_095, 4_096, 8_190, 8_191, 8_192]) {
      for (const character of ["a", "é", "€", "😀"]) {
        for (let before = block - 3; before <= block + 1; before += 1) {
          const text = `${"x".repeat(before)}${character}${"y".repeat(50)}`;
          const bytes = encodeUtf8(text);
          expect(decodeUtf8(bytes, 0, bytes.length) === text).toBe(true);
        }
      }
    }
  });

  test("read and write only the range that they are given", () => {
    const bytes = Uint8Array.from([0xff, ...encoder.encode("é€😀"), 0xff]);
    expect(decodeUtf8(bytes, 1, bytes.length - 1)).toBe("é€😀");
    expect(decodeUtf8(bytes, 3, 3)).toBe("");
    const target = new Uint8Array(13).fill(0xff);
    expect(encodeUtf8Into("é€😀", target, 2)).toBe(11);
    expect([...target]).toEqual([0xff, 0xff, ...encoder.encode("é€😀"), 0xff, 0xff]);
  });
});

describe("lone surrogates", () => {
  test("become U+FFFD wherever they stand, as TextEncoder makes them", () => {
    const units = ["a", "é", "€", "\ud800", "\udbff", "\udc00", "\udfff", "\ud83d", "\ude00"];
    const next = seededNumbers(7);
    for (let round = 0; round < 5_000; round += 1) {
      const text = Array.from(
        { length: 1 + (next() % 6) },
        () => units[next() % units.length],
      ).join("");
      const bytes = encodeUtf8(text);
      expect([...bytes]).toEqual([...encoder.encode(text)]);
      expect(utf8Length(text)).toBe(bytes.length);
    }
  });

  test("are told from pairs by their unit, and from what is behind the end", () => {
    const high = [0xd800, 0xdbff];
    const low = [0xdc00, 0xdfff];
    const neither = [0x41, 0xd7ff, 0xe000, 0xffff, Number.NaN];
    expect([...high, ...low, ...neither].filter(isHighSurrogate)).toEqual(high);
    expect([...high, ...low, ...neither].filter(isLowSurrogate)).toEqual(low);
  });
});
