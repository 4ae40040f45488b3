/**
 * UTF-8 validation (RFC 3629) that can stop after any byte and go on later.
 *
 * The state is one small integer, so the engine judges a text message that arrives in a thousand pieces without keeping one
 * of them. RFC 6455 §8.1 wants invalid text to fail the connection. The engine fails at the first bad byte and reads no
 * byte behind it.
 *
 * The automaton has one state per "what may come next". The second byte is the first one that proves an overlong form, a
 * surrogate or a code point above U+10FFFF, so the automaton refuses all of them there.
 */

/** Between two characters: the only state in which a text may end. */
export const UTF8_ACCEPT = 0;

/** {@link validateUtf8} answers a state, 0 or more, or `~index` of the first bad byte, below 0. */
export type Utf8Verdict = number;

const ONE_MORE = 1;
const TWO_MORE = 2;
const THREE_MORE = 3;
const AFTER_E0 = 4; // A0..BF: below would be overlong
const AFTER_ED = 5; // 80..9F: above would be a surrogate
const AFTER_F0 = 6; // 90..BF: below would be overlong
const AFTER_F4 = 7; // 80..8F: above would be beyond U+10FFFF
const REJECT = 8;
/** The states are the numbers from 0 to this one. */
export const LAST_UTF8_STATE: Utf8Verdict = AFTER_F4;

/** next state = TRANSITIONS[state * 256 + byte]; 2,048 bytes, built once. */
const TRANSITIONS: Uint8Array = buildTransitions();

function buildTransitions(): Uint8Array {
  const table = new Uint8Array(8 * 256).fill(REJECT);
  const allow = (state: number, first: number, last: number, next: number): void => {
    table.fill(next, state * 256 + first, state * 256 + last + 1);
  };
  allow(UTF8_ACCEPT, 0x00, 0x7f, UTF8_ACCEPT);
  allow(UTF8_ACCEPT, 0xc2, 0xdf, ONE_MORE); // C0 and C1 could only begin overlong forms
  allow(UTF8_ACCEPT, 0xe0, 0xe0, AFTER_E0);
  allow(UTF8_ACCEPT, 0xe1, 0xef, TWO_MORE);
  allow(UTF8_ACCEPT, 0xed, 0xed, AFTER_ED);
  allow(UTF8_ACCEPT, 0xf0, 0xf0, AFTER_F0);
  allow(UTF8_ACCEPT, 0xf1, 0xf3, THREE_MORE);
  allow(UTF8_ACCEPT, 0xf4, 0xf4, AFTER_F4);
  allow(ONE_MORE, 0x80, 0xbf, UTF8_ACCEPT);
  allow(TWO_MORE, 0x80, 0xbf, ONE_MORE);
  allow(THREE_MORE, 0x80, 0xbf, TWO_MORE);
  allow(AFTER_E0, 0xa0, 0xbf, ONE_MORE);
  allow(AFTER_ED, 0x80, 0x9f, ONE_MORE);
  allow(AFTER_F0, 0x90, 0xbf, TWO_MORE);
  allow(AFTER_F4, 0x80, 0x8f, TWO_MORE);
  return table;
}

/**
 * Judges `bytes[start, end)` as the continuation of a text in `state` ({@link UTF8_ACCEPT} at its start).
 * @returns the state after the last byte, or `~index` of the first byte that no UTF-8 text can have there.
 */
export function validateUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
  state: number,
): Utf8Verdict {
  let at = start;
  let current = state;
  while (at < end) {
    if (current === UTF8_ACCEPT) {
      at = skipAscii(bytes, at, end);
      if (at === end) return UTF8_ACCEPT;
    }
    current = TRANSITIONS[current * 256 + bytes[at]!]!;
    if (current === REJECT) return ~at;
    at += 1;
  }
  return current;
}

/** Most text is ASCII. ASCII needs no table, so this loop reads eight bytes at a time. */
function skipAscii(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at + 8 <= end) {
    const eightBytes =
      bytes[at]! |
      bytes[at + 1]! |
      bytes[at + 2]! |
      bytes[at + 3]! |
      bytes[at + 4]! |
      bytes[at + 5]! |
      bytes[at + 6]! |
      bytes[at + 7]!;
    if (eightBytes >= 0x80) break;
    at += 8;
  }
  while (at < end && bytes[at]! < 0x80) at += 1;
  return at;
}
