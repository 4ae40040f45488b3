/** RFC 3629, RFC 6455 §8.1: UTF-8 judged at the byte, and turned into strings and back. */
import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, encodeUtf8Into, utf8Length } from "../../src/bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../../src/bytes/utf8-validation.ts";

/** The classic list for decoders; `bad` is the index of the first byte that proves it wrong. */
const CASES: readonly {
  readonly because: string;
  readonly octets: number[];
  readonly bad: number | "truncated" | null;
}[] = [
  { because: "the first and last of one byte", octets: [0x00, 0x7f], bad: null },
  { because: "the first and last of two bytes", octets: [0xc2, 0x80, 0xdf, 0xbf], bad: null },
  {
    because: "the first and last of three bytes",
    octets: [0xe0, 0xa0, 0x80, 0xef, 0xbf, 0xbf],
    bad: null,
  },
  {
    because: "the first and last of four bytes",
    octets: [0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf],
    bad: null,
  },
  {
    because: "U+D7FF and U+E000, around the surrogates",
    octets: [0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80],
    bad: null,
  },
  {
    because: "non-characters are characters here",
    octets: [0xef, 0xbf, 0xbe, 0xef, 0xb7, 0x90, 0xf0, 0x9f, 0xbf, 0xbe],
    bad: null,
  },
  { because: "a byte order mark", octets: [0xef, 0xbb, 0xbf], bad: null },
  { because: "a lone continuation, the first", octets: [0x80], bad: 0 },
  { because: "a lone continuation, the last", octets: [0x61, 0xbf], bad: 1 },
  { because: "a start of two bytes, then a space", octets: [0xc3, 0x20], bad: 1 },
  { because: "a start of three bytes, then a start", octets: [0xe2, 0xe2], bad: 1 },
  { because: "three bytes, spoilt at the third", octets: [0xe2, 0x82, 0x28], bad: 2 },
  { because: "four bytes, spoilt at the fourth", octets: [0xf0, 0x9f, 0x98, 0xc0], bad: 3 },
  { because: "overlong in two bytes", octets: [0xc0, 0xaf], bad: 0 },
  { because: "overlong in two bytes, the last", octets: [0xc1, 0xbf], bad: 0 },
  { because: "overlong in three bytes", octets: [0xe0, 0x80, 0xaf], bad: 1 },
  { because: "overlong in three bytes, the last", octets: [0xe0, 0x9f, 0xbf], bad: 1 },
  { because: "overlong in four bytes", octets: [0xf0, 0x80, 0x80, 0xaf], bad: 1 },
  { because: "overlong in four bytes, the last", octets: [0xf0, 0x8f, 0xbf, 0xbf], bad: 1 },
  { because: "the first surrogate", octets: [0xed, 0xa0, 0x80], bad: 1 },
  { because: "the last surrogate", octets: [0xed, 0xbf, 0xbf], bad: 1 },
  {
    because: "a surrogate pair as two characters",
    octets: [0xed, 0xa1, 0x8c, 0xed, 0xbe, 0xb4],
    bad: 1,
  },
  { because: "U+110000", octets: [0xf4, 0x90, 0x80, 0x80], bad: 1 },
  { because: "five bytes", octets: [0xf8, 0x88, 0x80, 0x80, 0x80], bad: 0 },
  { because: "six bytes", octets: [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], bad: 0 },
  { because: "FE", octets: [0xfe], bad: 0 },
  { because: "FF", octets: [0xff], bad: 0 },
  { because: "two of three bytes", octets: [0xe2, 0x82], bad: "truncated" },
  { because: "one of four bytes", octets: [0xf0], bad: "truncated" },
  {
    because: "a bad byte behind a long run of ASCII",
    octets: [...new Array(100).fill(0x61), 0xff],
    bad: 100,
  },
];

/** -1 for a text that is right, -2 for one that is truncated, otherwise the index of the bad byte. */
function judge(octets: number[], cut: number): number {
  const bytes = Uint8Array.from(octets);
  const first = validateUtf8(bytes, 0, cut, UTF8_ACCEPT);
  const verdict = first < 0 ? first : validateUtf8(bytes, cut, bytes.length, first);
  if (verdict < 0) return ~verdict;
  return verdict === UTF8_ACCEPT ? -1 : -2;
}

describe("validateUtf8", () => {
  for (const { because, octets, bad } of CASES) {
    test(`finds ${bad === null ? "nothing" : bad} wrong at every cut: ${because}`, () => {
      const expected = bad === null ? -1 : bad === "truncated" ? -2 : bad;
      for (let cut = 0; cut <= octets.length; cut += 1) expect(judge(octets, cut)).toBe(expected);
    });
  }

  test("agrees with the runtime's decoder on every sequence of two bytes, and three that begin in each way", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const isValid = (octets: number[]): boolean => {
      try {
        decoder.decode(Uint8Array.from(octets));
        return true;
      } catch {
        return false;
      }
    };
    for (let first = 0; first < 256; first += 1) {
      for (let second = 0; second < 256; second += 1) {
        for (const octets of [
          [first, second],
          [first, second, 0x80],
          [first, second, 0x80, 0xbf],
        ]) {
          if ((judge(octets, 0) === -1) !== isValid(octets))
            throw new Error(`differs on ${octets}`);
        }
      }
    }
    expect(isValid([0xc2, 0x80])).toBe(true);
  });
});

describe("strings", () => {
  const texts = [
    "",
    "a",
    "é",
    "€",
    "😀",
    "\ufeffx",
    "x".repeat(31),
    "x".repeat(32),
    "x".repeat(33),
    "é".repeat(16),
    "é".repeat(17),
    `${"x".repeat(4094)}😀é`,
    "😀".repeat(3000),
    "a€😀".repeat(5000),
  ];
  for (const text of texts) {
    test(`${JSON.stringify(text.slice(0, 8))} of ${text.length} units survives encoding and decoding`, () => {
      const bytes = encodeUtf8(text);
      expect(bytes).toEqual(new TextEncoder().encode(text));
      expect(utf8Length(text)).toBe(bytes.length);
      expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
      const shifted = new Uint8Array(bytes.length + 5).fill(0xff);
      expect(encodeUtf8Into(text, shifted, 3)).toBe(3 + bytes.length);
      expect(decodeUtf8(shifted, 3, 3 + bytes.length)).toBe(text);
    });
  }

  for (const text of ["\ud800", "\udc00", "a\ud800b", "\ud800\ud800", "\udc00\ud800", "x\ud83d"]) {
    test(`lone surrogates of ${JSON.stringify(text)} become U+FFFD`, () => {
      expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
      expect(utf8Length(text)).toBe(encodeUtf8(text).length);
    });
  }
});
