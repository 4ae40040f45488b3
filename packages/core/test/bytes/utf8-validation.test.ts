/** RFC 3629, byte by byte: what RFC 6455 §8.1 asks of every text. */
import { describe, expect, test } from "vitest";
import { UTF8_ACCEPT, validateUtf8 } from "../../src/bytes/utf8-validation.ts";
import { randomBytes } from "../seeded-bytes.ts";

/** The index of the first bad byte; "inside" where the text ends within a character; "valid" otherwise. */
type Verdict = number | "inside" | "valid";

function verdictOf(bytes: Uint8Array, cuts: readonly number[] = []): Verdict {
  let state: number = UTF8_ACCEPT;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const verdict = validateUtf8(bytes, from, to, state);
    if (verdict < 0) return ~verdict;
    state = verdict;
    from = to;
  }
  return state === UTF8_ACCEPT ? "valid" : "inside";
}

/** The rule of RFC 3629 §4 written as its grammar, character by character, with nothing clever. */
function verdictByGrammar(bytes: Uint8Array): Verdict {
  const ranges = (first: number): readonly (readonly [number, number])[] | null => {
    const tail = [0x80, 0xbf] as const;
    if (first <= 0x7f) return [];
    if (first >= 0xc2 && first <= 0xdf) return [tail];
    if (first === 0xe0) return [[0xa0, 0xbf], tail];
    if (first === 0xed) return [[0x80, 0x9f], tail];
    if (first >= 0xe1 && first <= 0xef) return [tail, tail];
    if (first === 0xf0) return [[0x90, 0xbf], tail, tail];
    if (first === 0xf4) return [[0x80, 0x8f], tail, tail];
    if (first >= 0xf1 && first <= 0xf3) return [tail, tail, tail];
    return null;
  };
  for (let at = 0; at < bytes.length; ) {
    const following = ranges(bytes[at]!);
    if (following === null) return at;
    at += 1;
    for (const [lowest, highest] of following) {
      if (at === bytes.length) return "inside";
      if (bytes[at]! < lowest || bytes[at]! > highest) return at;
      at += 1;
    }
  }
  return "valid";
}

const CASES: readonly {
  readonly octets: readonly number[];
  readonly verdict: Verdict;
  readonly because: string;
}[] = [
  { octets: [], verdict: "valid", because: "nothing at all" },
  // The first and the last character of every length.
  { octets: [0x00], verdict: "valid", because: "U+0000, the first of one byte" },
  { octets: [0x7f], verdict: "valid", because: "U+007F, the last of one byte" },
  { octets: [0xc2, 0x80], verdict: "valid", because: "U+0080, the first of two bytes" },
  { octets: [0xdf, 0xbf], verdict: "valid", because: "U+07FF, the last of two bytes" },
  { octets: [0xe0, 0xa0, 0x80], verdict: "valid", because: "U+0800, the first of three bytes" },
  { octets: [0xef, 0xbf, 0xbf], verdict: "valid", because: "U+FFFF, the last of three bytes" },
  { octets: [0xf0, 0x90, 0x80, 0x80], verdict: "valid", because: "U+10000, first of four bytes" },
  { octets: [0xf4, 0x8f, 0xbf, 0xbf], verdict: "valid", because: "U+10FFFF, the last of all" },
  { octets: [0xf4, 0x90, 0x80, 0x80], verdict: 1, because: "U+110000, the first beyond" },
  { octets: [0xf5, 0x80, 0x80, 0x80], verdict: 0, because: "F5 could only begin U+140000 and up" },
  // Around the surrogates.
  { octets: [0xed, 0x9f, 0xbf], verdict: "valid", because: "U+D7FF, the last before surrogates" },
  { octets: [0xed, 0xa0, 0x80], verdict: 1, because: "U+D800, the first high surrogate" },
  { octets: [0xed, 0xaf, 0xbf], verdict: 1, because: "U+DBFF, the last high surrogate" },
  { octets: [0xed, 0xb0, 0x80], verdict: 1, because: "U+DC00, the first low surrogate" },
  { octets: [0xed, 0xbf, 0xbf], verdict: 1, because: "U+DFFF, the last low surrogate" },
  {
    octets: [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
    verdict: 1,
    because: "a pair of surrogates, as CESU-8 writes it",
  },
  { octets: [0xee, 0x80, 0x80], verdict: "valid", because: "U+E000, the first after surrogates" },
  // Non-characters are characters enough for RFC 3629.
  { octets: [0xef, 0xbf, 0xbe], verdict: "valid", because: "U+FFFE is not a character, yet valid" },
  { octets: [0xef, 0xb7, 0x90], verdict: "valid", because: "U+FDD0 is not a character, yet valid" },
  { octets: [0xf0, 0x9f, 0xbf, 0xbf], verdict: "valid", because: "U+1FFFF is valid all the same" },
  { octets: [0xef, 0xbf, 0xbd], verdict: "valid", because: "U+FFFD itself, sent on purpose" },
  { octets: [0xef, 0xbb, 0xbf], verdict: "valid", because: "U+FEFF, a byte order mark" },
  // Lone continuations.
  { octets: [0x80], verdict: 0, because: "the first continuation byte on its own" },
  { octets: [0xbf], verdict: 0, because: "the last continuation byte on its own" },
  { octets: [0x61, 0x80], verdict: 1, because: "a continuation behind ASCII" },
  { octets: [0xc2, 0x80, 0x80], verdict: 2, because: "one continuation too many after two bytes" },
  { octets: [0xe2, 0x82, 0xac, 0x80], verdict: 3, because: "one too many after three bytes" },
  { octets: [0xf0, 0x9f, 0x98, 0x80, 0x80], verdict: 4, because: "one too many after four" },
  // Lone starts: the byte behind is at fault, not the start.
  { octets: [0xc2, 0x20], verdict: 1, because: "a start of two bytes, then a space" },
  { octets: [0xe2, 0x20], verdict: 1, because: "a start of three bytes, then a space" },
  { octets: [0xf1, 0x20], verdict: 1, because: "a start of four bytes, then a space" },
  { octets: [0xc2, 0xc2], verdict: 1, because: "a start behind a start" },
  { octets: [0xe2, 0x82, 0xe2], verdict: 2, because: "a start where the third byte is due" },
  { octets: [0xf0, 0x9f, 0x98, 0x7f], verdict: 3, because: "ASCII where the fourth byte is due" },
  // Truncated: not wrong yet, and not whole.
  { octets: [0xc2], verdict: "inside", because: "two bytes, one is there" },
  { octets: [0xe2, 0x82], verdict: "inside", because: "three bytes, two are there" },
  { octets: [0xf0, 0x9f, 0x98], verdict: "inside", because: "four bytes, three are there" },
  { octets: [0xf4], verdict: "inside", because: "four bytes, one is there" },
  // Overlong: known by the second byte at the latest.
  { octets: [0xc0, 0xaf], verdict: 0, because: "/ in two bytes" },
  { octets: [0xc1, 0xbf], verdict: 0, because: "the highest overlong two bytes" },
  { octets: [0xe0, 0x80, 0xaf], verdict: 1, because: "/ in three bytes" },
  { octets: [0xe0, 0x9f, 0xbf], verdict: 1, because: "the highest overlong three bytes" },
  { octets: [0xf0, 0x80, 0x80, 0xaf], verdict: 1, because: "/ in four bytes" },
  { octets: [0xf0, 0x8f, 0xbf, 0xbf], verdict: 1, because: "the highest overlong four bytes" },
  { octets: [0xc0, 0x80], verdict: 0, because: "U+0000 in two bytes, as Java writes it" },
  // What RFC 2279 had and RFC 3629 has not.
  { octets: [0xf8, 0x88, 0x80, 0x80, 0x80], verdict: 0, because: "a form of five bytes" },
  { octets: [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], verdict: 0, because: "a form of six bytes" },
  { octets: [0xfe], verdict: 0, because: "FE begins nothing" },
  { octets: [0xff], verdict: 0, because: "FF begins nothing" },
  // Around the stretch of eight that ASCII is skipped by.
  {
    octets: [0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0xff],
    verdict: 7,
    because: "bad in the last byte of the first eight",
  },
  {
    octets: [0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x80],
    verdict: 8,
    because: "bad right behind eight bytes of ASCII",
  },
  {
    octets: [0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0xc3, 0xa9, 0x61, 0xc3],
    verdict: "inside",
    because: "a character across the boundary of eight, and a begun one at the end",
  },
  {
    octets: [0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xf4, 0x90, 0x80],
    verdict: 12,
    because: "κόσμε and then U+110000, case 6.4 of the Autobahn suite",
  },
];

/** Every way to cut `length` bytes in two, and in single bytes. */
function cuttings(length: number): number[][] {
  const inTwo = Array.from({ length: length + 1 }, (_, cut) => [cut]);
  return [...inTwo, Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1)];
}

describe("RFC 6455 §8.1: text is judged as RFC 3629 wants it, at the byte that proves it wrong", () => {
  for (const { octets, verdict, because } of CASES) {
    const name = octets.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    test(`[${name}] is ${typeof verdict === "number" ? `bad at ${verdict}` : verdict}: ${because}`, () => {
      expect(verdictOf(Uint8Array.from(octets))).toBe(verdict);
    });
    test(`[${name}] is judged alike at every cutting: ${because}`, () => {
      const bytes = Uint8Array.from(octets);
      for (const cuts of cuttings(octets.length)) expect(verdictOf(bytes, cuts)).toBe(verdict);
    });
  }

  test("every sequence of two bytes is judged as the grammar of RFC 3629 §4 judges it", () => {
    const bytes = new Uint8Array(2);
    const differing: string[] = [];
    for (let pair = 0; pair < 0x1_0000; pair += 1) {
      bytes[0] = pair >> 8;
      bytes[1] = pair & 0xff;
      if (verdictOf(bytes) !== verdictByGrammar(bytes)) differing.push(pair.toString(16));
    }
    expect(differing).toEqual([]);
  });

  test("every third and fourth byte behind every kind of start is judged as the grammar judges it", () => {
    const starts = [0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4];
    const seconds = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf];
    const differing: number[][] = [];
    for (const first of starts) {
      for (const second of seconds) {
        for (let third = 0; third < 256; third += 1) {
          for (const fourth of [0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff]) {
            const octets = [first, second, third, fourth];
            const bytes = Uint8Array.from(octets);
            if (verdictOf(bytes) !== verdictByGrammar(bytes)) differing.push(octets);
          }
        }
      }
    }
    expect(differing).toEqual([]);
  });

  test("random bytes around the boundaries are valid exactly where TextDecoder with fatal accepts them", () => {
    const strict = new TextDecoder("utf-8", { fatal: true });
    const interesting = [
      0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe2,
      0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
    ];
    let valid = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = randomBytes(round, round % 12).map(
        (octet) => interesting[octet % interesting.length]!,
      );
      let isAccepted = true;
      try {
        strict.decode(bytes);
      } catch {
        isAccepted = false;
      }
      if (isAccepted) valid += 1;
      expect([bytes, verdictOf(bytes) === "valid"]).toEqual([bytes, isAccepted]);
    }
    // Both answers must have been seen often enough to mean something.
    expect(valid).toBeGreaterThan(1000);
  });

  test("only bytes from start to end are looked at", () => {
    const bytes = Uint8Array.from([0xff, 0x61, 0x62, 0xff]);
    expect(validateUtf8(bytes, 1, 3, UTF8_ACCEPT)).toBe(UTF8_ACCEPT);
    expect(validateUtf8(bytes, 2, 2, UTF8_ACCEPT)).toBe(UTF8_ACCEPT);
  });

  test("the index of a bad byte counts from the start of the array, not of the range", () => {
    const bytes = Uint8Array.from([0x61, 0x61, 0x61, 0xff]);
    expect(validateUtf8(bytes, 2, 4, UTF8_ACCEPT)).toBe(~3);
  });
});
