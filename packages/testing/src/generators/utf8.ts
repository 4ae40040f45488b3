/** Bytes that are not UTF-8 (RFC 3629), wrong at a known place. */
import fc from "fast-check";
import { joinBytes, toHex } from "../wire/bytes.ts";
import { encodeText } from "../wire/text.ts";
import { shownAs } from "./shown.ts";

/** Bytes that are not UTF-8. */
export interface InvalidUtf8 {
  /** The bytes, at most 60 or so. */
  readonly bytes: Uint8Array;
  /** The offset of the first byte that no continuation can make right; the length of the bytes if a character breaks off. */
  readonly offset: number;
}

/** Wrong sequences, each with the index of its bad byte, and why it is one. */
const WRONG: readonly (readonly [sequence: readonly number[], badAt: number])[] = [
  [[0xff], 0], // no character begins so
  [[0x80], 0], // a continuation byte begins no character
  [[0xc0, 0xaf], 0], // "/" in two bytes
  [[0xc3, 0x28], 1], // a second byte that continues nothing
  [[0xe0, 0x80, 0xaf], 1], // "/" in three bytes
  [[0xe2, 0x82, 0x41], 2], // a third byte that continues nothing
  [[0xed, 0xa0, 0x80], 1], // a surrogate
  [[0xf0, 0x80, 0x80, 0xaf], 1], // "/" in four bytes
  [[0xf0, 0x9f, 0x98, 0x41], 3], // a fourth byte that continues nothing
  [[0xf4, 0x90, 0x80, 0x80], 1], // behind U+10FFFF
  [[0xf5, 0x80, 0x80, 0x80], 0], // far behind it
];

/** Beginnings of characters. */
const BROKEN_OFF: readonly (readonly number[])[] = [
  [0xc3],
  [0xe2],
  [0xe2, 0x82],
  [0xf0],
  [0xf0, 0x9f],
  [0xf0, 0x9f, 0x98],
];

/** A wrong sequence between right text, or a character that breaks off at the end. */
export function invalidUtf8(): fc.Arbitrary<InvalidUtf8> {
  const text = fc.constantFrom("", "a", "é", "€", "😀", "abcdefghij").map(encodeText);
  const wrong = fc
    .tuple(text, fc.constantFrom(...WRONG), text)
    .map(([before, [bad, at], behind]) => ({
      bytes: joinBytes([before, Uint8Array.from(bad), behind]),
      offset: before.length + at,
    }));
  const brokenOff = fc.tuple(text, fc.constantFrom(...BROKEN_OFF)).map(([before, bad]) => ({
    bytes: joinBytes([before, Uint8Array.from(bad)]),
    offset: before.length + bad.length,
  }));
  return fc
    .oneof({ weight: 3, arbitrary: wrong }, { weight: 1, arbitrary: brokenOff })
    .map((one) =>
      shownAs(one, ({ bytes, offset }) =>
        offset === bytes.length
          ? `bytes ${toHex(bytes)}, whose last character breaks off`
          : `bytes ${toHex(bytes)}, which are not UTF-8 from byte ${offset} on`,
      ),
    );
}
