/** The kernels in WebAssembly give the results of the engine's own loops, at every alignment and length. */
import { readFileSync } from "node:fs";
import { KERNELS, prepareMessage } from "@sansocket/core";
import { describe, expect, test, vi } from "vitest";
import { wasmKernels } from "../../src/index.ts";
import { TEXTS } from "./texts.ts";

const kernels = wasmKernels({ copyFrom: 0, xorFrom: 0, validateFrom: 0 });
const ALIGNMENTS = Array.from({ length: 16 }, (_, index) => index);
const LENGTHS = [...Array.from({ length: 301 }, (_, index) => index)];
const LARGE = [1_023, 4_096, 65_535, 65_536, 65_537, 131_072, 200_003];
const KEY = 0x9a_12_fe_55 | 0;

function pattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 131 + (index >> 7)) & 0xff);
}

/** Arrays of many kilobytes are compared by their bytes, and not member by member. */
function differs(one: Uint8Array, other: Uint8Array): boolean {
  return one.length !== other.length || one.some((byte, index) => byte !== other[index]);
}

function copied(by: typeof kernels, from: number, to: number, length: number): Uint8Array {
  const source = pattern(from + length + 16);
  const target = new Uint8Array(to + length + 16).fill(0xee);
  by.copyWithKey(source, from, from + length, KEY, target, to);
  expect(differs(source, pattern(source.length))).toBe(false);
  return target;
}

function memoryOf(bytes: Uint8Array<ArrayBuffer>): Parameters<typeof kernels.xorWithKey>[0] {
  const { buffer } = bytes;
  const views = { view: new DataView(buffer), words: new Int32Array(buffer), views: null };
  return { bytes, ...views, belongsTo: "connection", holders: 0 };
}

function xored(by: typeof kernels, at: number, length: number): Uint8Array {
  const bytes = pattern((at + length + 19) & ~3);
  by.xorWithKey(memoryOf(bytes), at, at + length, KEY);
  return bytes;
}

/** A memory that the kernels have given to the engine, where they work in place. */
const input = memoryOf(kernels.inputMemory(200_064));

function xoredInPlace(at: number, length: number): Uint8Array {
  const used = (at + length + 19) & ~3;
  input.bytes.set(pattern(used));
  kernels.xorWithKey(input, at, at + length, KEY);
  return input.bytes.slice(0, used);
}

function copiedFromInput(from: number, to: number, length: number): Uint8Array {
  const source = pattern(from + length + 16);
  input.bytes.set(source);
  const target = new Uint8Array(to + length + 16).fill(0xee);
  kernels.copyWithKey(input.bytes, from, from + length, KEY, target, to);
  expect(differs(input.bytes.subarray(0, source.length), source)).toBe(false);
  return target;
}

describe("unmasking", () => {
  for (const at of ALIGNMENTS) {
    test(`copies and transforms as the plain kernel does, from and to alignment ${at}`, () => {
      for (const length of LENGTHS) {
        for (const to of [at, (at * 7 + 3) & 15]) {
          const [fast, plain] = [kernels, KERNELS].map((by) => copied(by, at, to, length));
          if (differs(fast!, plain!)) expect([at, to, length]).toBe("copied as the plain kernel");
        }
        const [fast, plain] = [kernels, KERNELS].map((by) => xored(by, at, length));
        if (differs(fast!, plain!)) expect([at, length]).toBe("transformed as the plain kernel");
        if (differs(xoredInPlace(at, length), plain!)) {
          expect([at, length]).toBe("transformed in place as by the plain kernel");
        }
        if (differs(copiedFromInput(at, 5, length), copied(KERNELS, at, 5, length))) {
          expect([at, length]).toBe("copied from the input as by the plain kernel");
        }
      }
    });
  }

  test.each(LARGE)("does the same for %d bytes", (length) => {
    for (const at of [0, 1, 2, 3, 14]) {
      expect(differs(copied(kernels, at, 16, length), copied(KERNELS, at, 16, length))).toBe(false);
      expect(differs(xored(kernels, at, length), xored(KERNELS, at, length))).toBe(false);
      expect(differs(xoredInPlace(at, length), xored(KERNELS, at, length))).toBe(false);
      expect(differs(copiedFromInput(at, 16, length), copied(KERNELS, at, 16, length))).toBe(false);
    }
  });
});

test("the arrays for input lie in WebAssembly's memory, and those behind the ninth elsewhere", () => {
  const sizes = Array.from({ length: 12 }, () => kernels.inputMemory(65_616));
  expect(new Set(sizes.map(({ buffer }) => buffer)).size).toBe(12);
  for (const { length, byteOffset } of sizes) expect([length, byteOffset]).toEqual([65_616, 0]);
  const lengths = sizes.map(({ buffer }) => buffer.byteLength);
  // One of the nine is the memory of the tests above.
  expect(lengths).toEqual([...Array(8).fill(196_608), ...Array(4).fill(65_616)]);
  const last = memoryOf(sizes.at(-1)!);
  last.bytes.set(pattern(65_616));
  kernels.xorWithKey(last, 3, 65_613, KEY);
  const plain = memoryOf(pattern(65_616));
  KERNELS.xorWithKey(plain, 3, 65_613, KEY);
  expect(differs(last.bytes, plain.bytes)).toBe(false);
});

test("no transfer takes the memory for input away from the engine", () => {
  const { bytes } = input;
  try {
    structuredClone(bytes, { transfer: [bytes.buffer] });
  } catch {
    // Node 20 copies the buffer. The other runtimes throw, each an error of its own.
  }
  expect(bytes.length).toBe(200_064);
});

/** The encoder of core: a host may have none. */
function encoded(text: string, length: number): Uint8Array<ArrayBuffer> {
  const { payload } = prepareMessage(text.repeat(Math.ceil(length / text.length) + 1));
  return Uint8Array.from(payload).subarray(0, length) as Uint8Array<ArrayBuffer>;
}

function expectSameVerdict(bytes: Uint8Array, start: number, end: number, state: number): void {
  const fast = kernels.validateUtf8(bytes, start, end, state);
  const plain = KERNELS.validateUtf8(bytes, start, end, state);
  if (fast !== plain) expect({ start, end, state, fast }).toEqual({ start, end, state, plain });
  input.bytes.set(bytes);
  const inPlace = kernels.validateUtf8(input.bytes, start, end, state);
  if (inPlace !== plain) {
    expect({ start, end, state, inPlace }).toEqual({ start, end, state, plain });
  }
}

describe("the judgement of text", () => {
  for (const [what, text] of Object.entries(TEXTS)) {
    test(`is that of the plain kernel at every alignment, length and state: ${what}`, () => {
      const bytes = encoded(text, 400);
      for (const start of ALIGNMENTS) {
        for (const length of LENGTHS) expectSameVerdict(bytes, start, start + length, 0);
        for (let state = 1; state <= 7; state += 1) {
          for (const length of [0, 1, 2, 3, 17, 64, 100]) {
            expectSameVerdict(bytes, start, start + length, state);
          }
        }
      }
    });

    test(`finds the same byte at fault, wherever it lies: ${what}`, () => {
      for (const fault of [0x80, 0xbf, 0xc0, 0xc1, 0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff]) {
        const bytes = encoded(text, 200);
        for (let at = 0; at < 150; at += 1) {
          const before = bytes[at]!;
          bytes[at] = fault;
          expectSameVerdict(bytes, 0, 200, 0);
          bytes[at] = before;
        }
      }
    });

    test.each(LARGE)(`is the same for %d bytes, sound or not: ${what}`, (length) => {
      const bytes = encoded(text, length);
      expectSameVerdict(bytes, 0, length, 0);
      for (const at of [0, 15, 65_534, 65_535, 65_536, 65_537, length - 1]) {
        if (at >= length) continue;
        const before = bytes[at]!;
        bytes[at] = 0xff;
        expectSameVerdict(bytes, 0, length, 0);
        bytes[at] = before;
      }
    });
  }

  test("is the same for every pair and for every triple that a table knows", () => {
    const bytes = new Uint8Array(40).fill(0x61);
    for (let first = 0x80; first < 0x100; first += 1) {
      for (let second = 0; second < 0x100; second += 1) {
        for (const rest of [0x61, 0x80, 0xbf]) {
          for (const at of [3, 14, 15]) {
            bytes.fill(0x61);
            bytes.set([first, second, rest, rest], at);
            expectSameVerdict(bytes, 0, 40, 0);
          }
        }
      }
    }
  });
});

test("long payloads go through WebAssembly where the runtime has it, and short ones do not", () => {
  const plain = vi.spyOn(KERNELS, "copyWithKey");
  const usual = wasmKernels();
  for (const [length, calls] of [
    [1_023, 1],
    [1_024, 0],
    [100_000, 0],
  ] as const) {
    plain.mockClear();
    copied(usual, 0, 0, length);
    expect([length, plain.mock.calls.length]).toEqual([length, calls]);
  }
  plain.mockRestore();
});

test("a host without WebAssembly has the engine's own loops", async () => {
  const there = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly")!;
  Reflect.deleteProperty(globalThis, "WebAssembly");
  try {
    vi.resetModules();
    const without = (await import("../../src/runtime/wasm-kernels.ts")).wasmKernels({
      copyFrom: 0,
      xorFrom: 0,
      validateFrom: 0,
    });
    expect(differs(copied(without, 1, 2, 9_000), copied(KERNELS, 1, 2, 9_000))).toBe(false);
    expect(differs(xored(without, 1, 9_000), xored(KERNELS, 1, 9_000))).toBe(false);
    expect(without.validateUtf8(encoded("日本", 9_000), 0, 9_000, 0)).toBe(0);
  } finally {
    Object.defineProperty(globalThis, "WebAssembly", there);
  }
});

test("the module is what `pnpm kernels` makes of its source", async () => {
  const script = new URL("../../kernels/compile.mjs", import.meta.url).href;
  const { compiled } = (await import(script)) as { compiled(): Promise<string> };
  const written = readFileSync(
    new URL("../../src/runtime/wasm-module.ts", import.meta.url),
    "utf8",
  );
  expect(await compiled()).toBe(written);
});
