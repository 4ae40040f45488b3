/**
 * The engine's kernels in WebAssembly, on vectors of 16 bytes. What the engine has received lies in a memory of WebAssembly
 * (`inputMemory`), and is unmasked and judged where it lies. Other bytes go through a memory of 64 KiB, which stays in the
 * cache of the processor: copied in, transformed or judged there, and copied out. Even so an unmasking copy of 64 KiB takes
 * 4.0 µs in place of 10.3 µs (Node 20; Node 26 and Deno alike; Bun 4.0 in place of 5.2), and the judgement of 64 KiB of ASCII
 * 2.2 in place of 25 µs, of Chinese 22 in place of 320 µs.
 *
 * The module is compiled at the first payload that is long enough, in some 0.3 ms. Where that fails (no WebAssembly, no
 * vectors, a page whose policy forbids it) the engine's own loops do all the work.
 */
import { KERNELS, type Kernels } from "@sansocket/core";
import { inputOf, loopsOf, newInput, PAGE, theScratch } from "./wasm-memory.ts";

/**
 * From how many bytes on each kernel is used for bytes that lie outside of WebAssembly's memory, and are copied into it and
 * out of it. Infinity: never.
 */
export interface KernelSizes {
  /** Default 1,024: 0.14 in place of 0.25 µs there; at 256 bytes both ways take the same time. */
  readonly copyFrom?: number;
  /** Default 2,048 for the engine of V8. Infinity for that of Bun, whose compiler makes vectors of the engine's own loop. */
  readonly xorFrom?: number;
  /** Default 256: at 1 KiB of ASCII 0.07 in place of 0.28 µs. */
  readonly validateFrom?: number;
}

/** The kernels that {@link wasmKernels} makes. */
export type WasmKernels = Pick<
  Kernels,
  "xorWithKey" | "copyWithKey" | "validateUtf8" | "inputMemory"
>;

/**
 * From how many bytes on a text is judged where it lies: 66 bytes of Chinese in 36 ns in place of 189 (Node 20). Shorter text in
 * Latin script would take longer than by the plain loop.
 */
const VALIDATE_IN_PLACE_FROM = 32;
/** A vector, and a character of four bytes that is not whole. */
const MOST_UNSURE = 19;

/** Kernels that use WebAssembly for long payloads, and the engine's own loops for others. For `host.kernels`. */
export function wasmKernels(sizes: KernelSizes = {}): WasmKernels {
  const { copyFrom = 1_024, xorFrom = 2_048, validateFrom = 256 } = sizes;
  return {
    copyWithKey(source, start, end, key, target, at) {
      if (end - start < copyFrom || !copyThrough(source, start, end, key, target, at)) {
        KERNELS.copyWithKey(source, start, end, key, target, at);
      }
    },
    xorWithKey(memory, start, end, key) {
      const { bytes } = memory;
      if (xorInPlace(bytes, start, end, key)) return;
      if (end - start < xorFrom || !copyThrough(bytes, start, end, key, bytes, start)) {
        KERNELS.xorWithKey(memory, start, end, key);
      }
    },
    validateUtf8(bytes, start, end, state) {
      const size = end - start;
      if (size >= validateFrom || (size >= VALIDATE_IN_PLACE_FROM && inputOf(bytes) !== null)) {
        return validate(bytes, start, end, state);
      }
      return KERNELS.validateUtf8(bytes, start, end, state);
    },
    inputMemory: (byteCount) => newInput(byteCount) ?? KERNELS.inputMemory(byteCount),
  };
}

/**
 * Received bytes are unmasked where they lie: 1 KiB in 33 ns in place of 143 (Node 20). From 66 bytes on this is faster than
 * the engine's own loop on Node, Deno and Bun, and the engine transforms up to 64 bytes without a kernel.
 * @returns false when the bytes lie in no memory of WebAssembly.
 */
function xorInPlace(bytes: Uint8Array, start: number, end: number, key: number): boolean {
  const place = inputOf(bytes);
  const loops = place === null ? null : loopsOf(place);
  if (loops === null) return false;
  loops.xor(start, end, key, start);
  return true;
}

/**
 * Copies through a memory of WebAssembly: that of the source, or the scratch. The ranges are the same one, or do not overlap.
 * @returns false when there is no memory of WebAssembly.
 */
function copyThrough(
  source: Uint8Array,
  start: number,
  end: number,
  key: number,
  target: Uint8Array,
  at: number,
): boolean {
  const input = inputOf(source);
  const place = input ?? theScratch();
  const loops = place === null ? null : loopsOf(place);
  if (place === null || loops === null) return false;
  const { bytes } = place;
  const to = bytes.length - PAGE;
  for (let from = start; from < end; from += PAGE) {
    const size = Math.min(PAGE, end - from);
    if (input === null) fill(bytes, source, from, from + size);
    const begin = input === null ? 0 : from;
    loops.xor(begin, begin + size, key, to);
    target.set(bytes.subarray(to, to + size), at + from - start);
  }
  return true;
}

/** Copies `bytes[at, end)` to the beginning of the scratch. */
function fill(scratch: Uint8Array, bytes: Uint8Array, at: number, end: number): void {
  scratch.set(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
}

/** The kernel skips what is certain. The engine's own loop judges the rest, and so finds the very byte that is at fault. */
function validate(bytes: Uint8Array, start: number, end: number, state: number): number {
  let at = start;
  let current = state;
  while (current > 0 && at < end) {
    current = KERNELS.validateUtf8(bytes, at, at + 1, current);
    at += 1;
  }
  if (current !== 0) return current;
  return KERNELS.validateUtf8(bytes, certainUpTo(bytes, at, end), end, 0);
}

/** @returns up to where the bytes from `start` on are valid for certain: the beginning of a character, or `start`. */
function certainUpTo(bytes: Uint8Array, start: number, end: number): number {
  const place = inputOf(bytes);
  if (place !== null) return loopsOf(place)?.valid(start, end) ?? start;
  const scratch = theScratch();
  const loops = scratch === null ? null : loopsOf(scratch);
  if (scratch === null || loops === null) return start;
  let at = start;
  while (at < end) {
    const size = Math.min(PAGE, end - at);
    fill(scratch.bytes, bytes, at, at + size);
    const good = loops.valid(0, size);
    at += good;
    // The piece was the last one, or holds a fault. A fault in the first vector leaves nothing that is certain.
    if (size < PAGE || good < PAGE - MOST_UNSURE) break;
  }
  return at;
}
