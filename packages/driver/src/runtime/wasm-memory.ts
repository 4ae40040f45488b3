/**
 * Memories of WebAssembly, with the loops of `kernels.wat` over them. WebAssembly reads only memory of its own, so the engine
 * receives into such memories. One more, the scratch, is for bytes that lie elsewhere.
 */
import { WASM_MODULE } from "./wasm-module.ts";

/** A memory of WebAssembly. */
export interface WasmMemory {
  /** The whole memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The first bytes of the memory, into which the engine receives; empty in the scratch. A page is free behind them. */
  readonly input: Uint8Array<ArrayBuffer>;
  readonly memory: object;
  /** Undefined until a payload is long enough; null where there are no such loops. */
  loops: Loops | null | undefined;
}

interface Loops {
  xor(at: number, end: number, key: number, to: number): void;
  valid(at: number, end: number): number;
}

/** Bytes of a page. */
export const PAGE = 65_536;
/**
 * One memory is for the inbox, and eight are for the windows that the engine keeps. V8 reserves 8 GiB of addresses for each
 * memory. The reserved addresses take no memory: only pages that were written do.
 */
const MOST_INPUTS = 9;

/** The part of WebAssembly that is needed. No library of types has it for all runtimes. */
interface WebAssemblyClasses {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

function webAssembly(): WebAssemblyClasses | null {
  return (globalThis as { readonly WebAssembly?: WebAssemblyClasses }).WebAssembly ?? null;
}

/** null: there is no WebAssembly, or there are no addresses for one memory more. */
function newMemory(inputBytes: number, pages: number): WasmMemory | null {
  const classes = webAssembly();
  if (classes === null) return null;
  try {
    const memory = new classes.Memory({ initial: pages, maximum: pages });
    const { buffer } = memory;
    const input = new Uint8Array(buffer, 0, inputBytes);
    return { memory, bytes: new Uint8Array(buffer), input, loops: undefined };
  } catch {
    return null;
  }
}

/** Undefined until it is needed; null where it cannot be compiled. */
let compiled: object | null | undefined;

/** The loops over the memory; null where the runtime cannot have them. */
export function loopsOf(place: WasmMemory): Loops | null {
  if (place.loops === undefined) place.loops = instantiate(place);
  return place.loops;
}

function instantiate({ memory }: WasmMemory): Loops | null {
  const classes = webAssembly();
  if (classes === null || compiled === null) return null;
  try {
    compiled ??= new classes.Module(bytesOfHex(WASM_MODULE));
    return new classes.Instance(compiled, { host: { memory } }).exports as Loops;
  } catch {
    compiled = null;
    return null;
  }
}

function bytesOfHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

const inputs: WasmMemory[] = [];

/** An array for the engine to receive into; null where it has to lie elsewhere. */
export function newInput(byteCount: number): Uint8Array<ArrayBuffer> | null {
  if (inputs.length === MOST_INPUTS) return null;
  const place = newMemory(byteCount, Math.ceil(byteCount / PAGE) + 1);
  if (place === null) return null;
  inputs.push(place);
  return place.input;
}

/** The memory whose input these bytes are; null for other bytes. */
export function inputOf(bytes: Uint8Array): WasmMemory | null {
  for (let index = 0; index < inputs.length; index += 1) {
    const place = inputs[index]!;
    if (place.input === bytes) return place;
  }
  return null;
}

let scratch: WasmMemory | null | undefined;

/** One page for bytes that lie elsewhere. */
export function theScratch(): WasmMemory | null {
  if (scratch === undefined) scratch = newMemory(0, 1);
  return scratch;
}
