/** UTF-8 by the table of RFC 3629 §4, one byte after the other: slow, and easy to compare with the table. */

/**
 * The ranges of a first byte and of the bytes that may follow it. The order is that of the table `UTF8-octets`. The oracle and
 * the reference model both read this table.
 */
export const UTF8_SEQUENCES: readonly (readonly (readonly [number, number])[])[] = [
  [[0x00, 0x7f]],
  [
    [0xc2, 0xdf],
    [0x80, 0xbf],
  ],
  [
    [0xe0, 0xe0],
    [0xa0, 0xbf],
    [0x80, 0xbf],
  ],
  [
    [0xe1, 0xec],
    [0x80, 0xbf],
    [0x80, 0xbf],
  ],
  [
    [0xed, 0xed],
    [0x80, 0x9f],
    [0x80, 0xbf],
  ],
  [
    [0xee, 0xef],
    [0x80, 0xbf],
    [0x80, 0xbf],
  ],
  [
    [0xf0, 0xf0],
    [0x90, 0xbf],
    [0x80, 0xbf],
    [0x80, 0xbf],
  ],
  [
    [0xf1, 0xf3],
    [0x80, 0xbf],
    [0x80, 0xbf],
    [0x80, 0xbf],
  ],
  [
    [0xf4, 0xf4],
    [0x80, 0x8f],
    [0x80, 0xbf],
    [0x80, 0xbf],
  ],
];

/** How far bytes are UTF-8. */
export interface Utf8Reading {
  /** The offset of the first byte that no continuation can make right; null if there is none. */
  readonly badAt: number | null;
  /** The offset at which a character begins that breaks off at the end; null if there is none. */
  readonly openAt: number | null;
}

/** Reads to the first bad byte. Takes any bytes and never throws. */
export function readUtf8(bytes: Uint8Array): Utf8Reading {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    const sequence = UTF8_SEQUENCES.find(([range]) => first >= range![0] && first <= range![1]);
    if (sequence === undefined) return { badAt: at, openAt: null };
    for (const [index, [least, most]] of sequence.entries()) {
      const byte = bytes[at + index];
      if (byte === undefined) return { badAt: null, openAt: at };
      if (byte < least || byte > most) return { badAt: at + index, openAt: null };
    }
    at += sequence.length;
  }
  return { badAt: null, openAt: null };
}
