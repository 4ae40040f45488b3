/** UTF-8 by the grammar of RFC 3629 §4, one character at a time. Nothing here is fast. */

import { UTF8_SEQUENCES } from "../wire/utf8-reader.ts";

/** The verdict over bytes, from a start on. */
export interface Utf8Verdict {
  /** The index of the first byte that no UTF-8 text can have there; -1 when there is none. */
  readonly badAt: number;
  /** The index behind the last whole character before `badAt`, or before the end. */
  readonly wholeTo: number;
}

/** Judges text from the beginning of a character on. */
export function judgeUtf8(bytes: Uint8Array, start: number = 0): Utf8Verdict {
  let at = start;
  while (at < bytes.length) {
    if (bytes[at]! < 0x80) {
      at += 1;
      continue;
    }
    const row = UTF8_SEQUENCES.find(
      ([first]) => bytes[at]! >= first![0] && bytes[at]! <= first![1],
    );
    if (row === undefined) return { badAt: at, wholeTo: at };
    for (let index = 1; index < row.length; index += 1) {
      const byte = bytes[at + index];
      if (byte === undefined) return { badAt: -1, wholeTo: at };
      const [from, to] = row[index]!;
      if (byte < from || byte > to) return { badAt: at + index, wholeTo: at };
    }
    at += row.length;
  }
  return { badAt: -1, wholeTo: at };
}

/** Valid UTF-8 as a string. */
export function textOf(bytes: Uint8Array): string {
  let percent = "";
  for (const byte of bytes) percent += `%${byte.toString(16).padStart(2, "0")}`;
  return decodeURIComponent(percent);
}

/** A string as UTF-8, its lone surrogates as U+FFFD. */
export function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const written = character.codePointAt(0)!;
    const code = written >= 0xd800 && written <= 0xdfff ? 0xfffd : written;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x1_0000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
      bytes.push(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return Uint8Array.from(bytes);
}
