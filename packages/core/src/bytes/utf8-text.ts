/**
 * UTF-8 bytes to strings and back, without TextDecoder and TextEncoder, because the engine also runs on hosts without these
 * classes. A host with faster ways passes them as kernels.
 */
import { requireString } from "./given-arguments.ts";

/** Code units of one String.fromCharCode call. The arguments travel on the stack, so their number is limited. */
const BLOCK_UNITS = 4096;
/** Up to this length one call of String.fromCharCode decodes ASCII; longer text is decoded in blocks. */
const SHORT_BYTES = 16;

const blockUnits = new Uint16Array(BLOCK_UNITS);

/**
 * The string of the UTF-8 bytes `bytes[start, end)`, which must be valid (see `validateUtf8`). A byte order mark stays in
 * the string: RFC 6455 gives it no meaning, and the application gets the text that the peer sent.
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_BYTES) return decodeShort(bytes, start, end);
  let text = "";
  let used = 0;
  for (let at = start; at < end; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      blockUnits[used++] = first;
      at += 1;
    } else if (first < 0xe0) {
      blockUnits[used++] = ((first & 0x1f) << 6) | (bytes[at + 1]! & 0x3f);
      at += 2;
    } else if (first < 0xf0) {
      blockUnits[used++] =
        ((first & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f);
      at += 3;
    } else {
      const codePoint = fourByteCodePoint(bytes, at) - 0x10000;
      blockUnits[used++] = 0xd800 | (codePoint >> 10);
      blockUnits[used++] = 0xdc00 | (codePoint & 0x3ff);
      at += 4;
    }
    if (used >= BLOCK_UNITS - 1) {
      text += stringOf(blockUnits.subarray(0, used));
      used = 0;
    }
  }
  return text + stringOf(blockUnits.subarray(0, used));
}

/**
 * The call has sixteen arguments at any length, and the units behind the text are cut off again: an engine compiles a call of
 * a fixed number of arguments in place. 16 bytes take 35 ns, where an array as the arguments took 117 ns, and no native
 * decoder takes less than 80 ns (Node 20; V8 of Node 26 and Deno alike). Behind the end of the array there is `undefined`,
 * which fromCharCode takes as 0.
 */
function decodeShort(bytes: Uint8Array, at: number, end: number): string {
  if (end - at === SHORT_BYTES) return decodeSixteen(bytes, at, end);
  let seen = 0;
  for (let index = at; index < end; index += 1) seen |= bytes[index]!;
  if (seen >= 0x80) return decodeShortBeyondAscii(bytes, at, end);
  const text = String.fromCharCode(
    bytes[at]!,
    bytes[at + 1]!,
    bytes[at + 2]!,
    bytes[at + 3]!,
    bytes[at + 4]!,
    bytes[at + 5]!,
    bytes[at + 6]!,
    bytes[at + 7]!,
    bytes[at + 8]!,
    bytes[at + 9]!,
    bytes[at + 10]!,
    bytes[at + 11]!,
    bytes[at + 12]!,
    bytes[at + 13]!,
    bytes[at + 14]!,
    bytes[at + 15]!,
  );
  return text.slice(0, end - at);
}

/** Each byte is read once, for the judgement and for the text: 9 ns less than by {@link decodeShort} (Node 20, Deno). */
function decodeSixteen(bytes: Uint8Array, at: number, end: number): string {
  const a = bytes[at]!;
  const b = bytes[at + 1]!;
  const c = bytes[at + 2]!;
  const d = bytes[at + 3]!;
  const e = bytes[at + 4]!;
  const f = bytes[at + 5]!;
  const g = bytes[at + 6]!;
  const h = bytes[at + 7]!;
  const i = bytes[at + 8]!;
  const j = bytes[at + 9]!;
  const k = bytes[at + 10]!;
  const l = bytes[at + 11]!;
  const m = bytes[at + 12]!;
  const n = bytes[at + 13]!;
  const o = bytes[at + 14]!;
  const p = bytes[at + 15]!;
  const seen = a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p;
  if (seen >= 0x80) return decodeShortBeyondAscii(bytes, at, end);
  return String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}

function decodeShortBeyondAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; ) {
    const first = bytes[at]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      at += 1;
    } else if (first < 0xe0) {
      text += String.fromCharCode(((first & 0x1f) << 6) | (bytes[at + 1]! & 0x3f));
      at += 2;
    } else if (first < 0xf0) {
      text += String.fromCharCode(
        ((first & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f),
      );
      at += 3;
    } else {
      text += String.fromCodePoint(fourByteCodePoint(bytes, at));
      at += 4;
    }
  }
  return text;
}

function fourByteCodePoint(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! & 0x07) << 18) |
    ((bytes[at + 1]! & 0x3f) << 12) |
    ((bytes[at + 2]! & 0x3f) << 6) |
    (bytes[at + 3]! & 0x3f)
  );
}

function stringOf(units: Uint16Array): string {
  // fromCharCode takes any array-like of numbers; its type says number[].
  return String.fromCharCode.apply(null, units as unknown as number[]);
}

/** The number of bytes of `text` as UTF-8. A lone surrogate counts as U+FFFD, three bytes. */
export function utf8Length(text: string): number {
  requireString("text", text);
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      index += 1; // a pair is four bytes for two units: 2 + 2
    }
  }
  return bytes;
}

/**
 * Writes `text` as UTF-8 into `target` from `at` on. The room must be at least `utf8Length(text)` bytes; three bytes for
 * each code unit are always enough. Lone surrogates become U+FFFD, as WHATWG's USVString conversion has it.
 * @returns the index behind the last byte written.
 */
export function encodeUtf8Into(text: string, target: Uint8Array, at: number): number {
  let to = at;
  for (let index = 0; index < text.length; index += 1) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[to++] = unit;
      continue;
    }
    if (unit < 0x800) {
      target[to++] = 0xc0 | (unit >> 6);
      target[to++] = 0x80 | (unit & 0x3f);
      continue;
    }
    if (isHighSurrogate(unit)) {
      const low = text.charCodeAt(index + 1);
      if (isLowSurrogate(low)) {
        const codePoint = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        target[to++] = 0xf0 | (codePoint >> 18);
        target[to++] = 0x80 | ((codePoint >> 12) & 0x3f);
        target[to++] = 0x80 | ((codePoint >> 6) & 0x3f);
        target[to++] = 0x80 | (codePoint & 0x3f);
        index += 1;
        continue;
      }
      unit = 0xfffd;
    } else if (isLowSurrogate(unit)) {
      unit = 0xfffd;
    }
    target[to++] = 0xe0 | (unit >> 12);
    target[to++] = 0x80 | ((unit >> 6) & 0x3f);
    target[to++] = 0x80 | (unit & 0x3f);
  }
  return to;
}

/** `text` as UTF-8 in an array of its own. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(utf8Length(text));
  encodeUtf8Into(text, bytes, 0);
  return bytes;
}

export function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** False also for the NaN of a charCodeAt behind the end: `NaN & mask` is 0. */
export function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
