/**
 * The three loops that touch every byte of a payload. A host may bring its own loops as a port: faster ones (native,
 * WebAssembly, SIMD), or loops that count. These loops must give the same results as the engine's on every input; a law in
 * `packages/testing` checks the results.
 */
import type { Memory } from "./memory.ts";
import { type Utf8Verdict, validateUtf8 } from "./utf8-validation.ts";
import { copyWithKey, xorWithKey } from "./xor.ts";

/** The three loops that touch every byte of a payload. A host may bring faster ones as `host.kernels`. */
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
}

/** The engine's own kernels, in plain JavaScript. */
export const KERNELS: Kernels = { xorWithKey, copyWithKey, validateUtf8 };
