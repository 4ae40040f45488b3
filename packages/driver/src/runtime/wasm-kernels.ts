/**
 * The engine's kernels in WebAssembly, on vectors of 16 bytes. A payload goes through a memory of 64 KiB, which stays in the
 * cache of the processor: copied in, transformed or judged there, and copied out. Even so an unmasking copy of 64 KiB takes
 * 4.0 µs in place of 10.3 µs (Node 20; Node 26 and Deno alike; Bun 4.0 in place of 5.2), and the judgement of 64 KiB of ASCII
 * 2.2 in place of 25 µs, of Chinese 22 in place of 320 µs.
 *
 * The module is compiled at the first payload that is long enough, in some 0.3 ms. Where that fails (no WebAssembly, no
 * vectors, a page whose policy forbids it) the engine's own loops do all the work.
 */
import { KERNELS, type Kernels } from "@sansocket/core";
import { WASM_MODULE } from "./wasm-module.ts";

/** From how many bytes on each kernel is used. Infinity: never. */
export interface KernelSizes {
  /** Default 1,024: 0.14 in place of 0.25 µs there; at 256 bytes both ways take the same time. */
  readonly copyFrom?: number;
  /** Default 2,048 for the engine of V8. Infinity for that of Bun, whose compiler makes vectors of the engine's own loop. */
  readonly xorFrom?: number;
  /** Default 256: at 1 KiB of ASCII 0.07 in place of 0.28 µs. */
  readonly validateFrom?: number;
}

interface Scratch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  xor(at: number, end: number, key: number): void;
  valid(at: number, end: number): number;
}

/** Bytes of the memory: one page. A multiple of 4, so that each piece begins with the same key. */
const PIECE = 65_536;
/** A vector, and a character of four bytes that is not whole. */
const MOST_UNSURE = 19;

/** Undefined until a payload is long enough; null where there is no such kernel. */
let scratch: Scratch | null | undefined;

/** The part of WebAssembly that is needed. No library of types has it for all runtimes. */
interface WebAssemblyClasses {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

function instantiate(): Scratch | null {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyClasses };
  if (WebAssembly === undefined) return null;
  try {
    const module = new WebAssembly.Module(bytesOfBase64(WASM_MODULE));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const { exports } = new WebAssembly.Instance(module, { host: { memory } });
    const { xor, valid } = exports as Pick<Scratch, "xor" | "valid">;
    return { bytes: new Uint8Array(memory.buffer), xor, valid };
  } catch {
    return null;
  }
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function theScratch(): Scratch | null {
  if (scratch === undefined) scratch = instantiate();
  return scratch;
}

/** Copies `bytes[at, end)` to the beginning of the scratch. */
function fill({ bytes: into }: Scratch, bytes: Uint8Array, at: number, end: number): void {
  into.set(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
}

/** The kernels that {@link wasmKernels} makes. */
export type WasmKernels = Pick<Kernels, "xorWithKey" | "copyWithKey" | "validateUtf8">;

/** Kernels that use WebAssembly for long payloads, and the engine's own loops for others. For `host.kernels`. */
export function wasmKernels(sizes: KernelSizes = {}): WasmKernels {
  const { copyFrom = 1_024, xorFrom = 2_048, validateFrom = 256 } = sizes;
  return {
    copyWithKey(source, start, end, key, target, at) {
      const kernel = end - start < copyFrom ? null : theScratch();
      if (kernel === null) {
        KERNELS.copyWithKey(source, start, end, key, target, at);
        return;
      }
      for (let from = start; from < end; from += PIECE) {
        const size = Math.min(PIECE, end - from);
        fill(kernel, source, from, from + size);
        kernel.xor(0, size, key);
        target.set(kernel.bytes.subarray(0, size), at + from - start);
      }
    },
    xorWithKey:
      xorFrom === Number.POSITIVE_INFINITY
        ? KERNELS.xorWithKey
        : (memory, start, end, key) => {
            const kernel = end - start < xorFrom ? null : theScratch();
            if (kernel === null) {
              KERNELS.xorWithKey(memory, start, end, key);
              return;
            }
            for (let from = start; from < end; from += PIECE) {
              const size = Math.min(PIECE, end - from);
              fill(kernel, memory.bytes, from, from + size);
              kernel.xor(0, size, key);
              memory.bytes.set(kernel.bytes.subarray(0, size), from);
            }
          },
    validateUtf8(bytes, start, end, state) {
      const kernel = end - start < validateFrom ? null : theScratch();
      if (kernel === null) return KERNELS.validateUtf8(bytes, start, end, state);
      return validate(kernel, bytes, start, end, state);
    },
  };
}

/** The kernel skips what is certain. The engine's own loop judges the rest, and so finds the very byte that is at fault. */
function validate(
  kernel: Scratch,
  bytes: Uint8Array,
  start: number,
  end: number,
  state: number,
): number {
  let at = start;
  let current = state;
  while (current > 0 && at < end) {
    current = KERNELS.validateUtf8(bytes, at, at + 1, current);
    at += 1;
  }
  if (current !== 0) return current;
  while (at < end) {
    const size = Math.min(PIECE, end - at);
    fill(kernel, bytes, at, at + size);
    const good = kernel.valid(0, size);
    at += good;
    // The piece was the last one, or holds a fault. A fault in the first vector leaves nothing that is certain.
    if (size < PIECE || good < PIECE - MOST_UNSURE) {
      return KERNELS.validateUtf8(bytes, at, end, 0);
    }
  }
  return 0;
}
