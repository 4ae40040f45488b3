/**
 * The loops that touch every byte of a payload. A host may bring its own loops as a port: faster ones (native, WebAssembly,
 * SIMD), or loops that count. These loops must give the same results as the engine's on every input; laws in
 * `packages/driver` compare the results.
 */
import { inputMemory, type Memory } from "./memory.ts";
import { decodeUtf8, encodeUtf8Into, utf8Length } from "./utf8-text.ts";
import { type Utf8Verdict, validateUtf8 } from "./utf8-validation.ts";
import { copyWithKey, xorWithKey } from "./xor.ts";

/** The loops that touch every byte of a payload. A host may bring faster ones as `host.kernels`. */
export interface Kernels {
  /**
   * XORs `memory.bytes[start, end)` in place with the repeating key (RFC 6455 §5.3), whose first byte is in the lowest
   * byte of `key`. No byte outside the range may change.
   */
  xorWithKey(memory: Memory, start: number, end: number, key: number): void;
  /**
   * Copies `source[start, end)` to `target` from index `at` on, and XORs the copy with the repeating key (§5.3). `source`
   * does not change. The two arrays may lie in any buffers, and never overlap.
   */
  copyWithKey(
    source: Uint8Array,
    start: number,
    end: number,
    key: number,
    target: Uint8Array,
    at: number,
  ): void;
  /**
   * Judges `bytes[start, end)` as the next part of a UTF-8 text in `state`. State 0 is the start of a text, and every place
   * between two characters. Returns the state after the last byte, or `~index` of the first byte that no UTF-8 text can
   * have there.
   */
  validateUtf8(bytes: Uint8Array, start: number, end: number, state: number): Utf8Verdict;
  /**
   * Decodes `bytes[start, end)` to a string. The bytes are valid UTF-8. The function must keep a byte order mark: a
   * TextDecoder needs `ignoreBOM: true`.
   */
  decodeUtf8(bytes: Uint8Array, start: number, end: number): string;
  /**
   * Writes `text` as UTF-8 into `target` from index `at` on, and returns the index behind the last byte. A lone surrogate
   * becomes U+FFFD. The room is at least `utf8Length(text)` bytes. The function may change the bytes of `target` behind the
   * text.
   */
  encodeUtf8Into(text: string, target: Uint8Array, at: number): number;
  /** The number of bytes of `text` as UTF-8. A lone surrogate counts as U+FFFD, three bytes. */
  utf8Length(text: string): number;
  /**
   * Makes an array of `byteCount` bytes, at the beginning of a buffer of its own, in which the engine unmasks and judges what
   * it receives. Kernels that work in a memory of their own provide that memory, so that no byte is copied there first. The
   * engine asks for a few arrays in each thread, of some 64 KiB, and keeps them. All endpoints of the thread use these arrays,
   * also those with other kernels.
   */
  inputMemory(byteCount: number): Uint8Array<ArrayBuffer>;
}

/** The engine's own kernels, in plain JavaScript. */
export const KERNELS: Kernels = {
  xorWithKey,
  copyWithKey,
  validateUtf8,
  decodeUtf8,
  encodeUtf8Into,
  utf8Length,
  inputMemory,
};

/** The given kernels, and the engine's own in place of missing ones. */
export function completeKernels(given: Partial<Kernels> | undefined): Kernels {
  if (given === undefined) return KERNELS;
  return {
    xorWithKey: given.xorWithKey ?? xorWithKey,
    copyWithKey: given.copyWithKey ?? copyWithKey,
    validateUtf8: given.validateUtf8 ?? validateUtf8,
    decodeUtf8: given.decodeUtf8 ?? decodeUtf8,
    encodeUtf8Into: given.encodeUtf8Into ?? encodeUtf8Into,
    utf8Length: given.utf8Length ?? utf8Length,
    inputMemory: given.inputMemory ?? inputMemory,
  };
}

/** `text` as UTF-8 in an array of its own. */
export function encodedText(kernels: Kernels, text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(kernels.utf8Length(text));
  kernels.encodeUtf8Into(text, bytes, 0);
  return bytes;
}
