/** The kernels for text give the results of the engine's own loops, at every alignment and length. */
import { Buffer, isAscii } from "node:buffer";
import { KERNELS } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { bufferTextKernels, type TextKernels, webRuntime } from "../../src/index.ts";
import { TEXTS } from "./texts.ts";

const web = webRuntime().host.kernels as TextKernels;
const nothing = webRuntime({ TextDecoder: undefined, TextEncoder: undefined }).host.kernels;

const WAYS: Record<string, TextKernels> = {
  "TextDecoder and TextEncoder": web,
  "methods of Buffer at every length": bufferTextKernels(Buffer, undefined, {
    decodeFrom: 0,
    encodeFrom: 0,
  }),
  "methods of Buffer, with latin1": bufferTextKernels(Buffer, web, { encodeFrom: 24, isAscii }),
  "methods of Buffer for few bytes": bufferTextKernels(Buffer, web, {
    decodeBelow: 400,
    encodeFrom: Number.POSITIVE_INFINITY,
  }),
  "a Buffer without the methods": bufferTextKernels(
    { prototype: {}, byteLength: (text) => Buffer.byteLength(text) },
    nothing,
    { encodeFrom: 24 },
  ),
};

const TEXTS_AND_ODD_ONES = {
  ...TEXTS,
  "byte order marks": "\ufeffa\ufeff",
  zeros: "\0a\0\0",
  "lone surrogates": "\ud800a\udc00\udfffé\ud83d",
};

/** Every length around the places where a kernel takes another way. */
const LENGTHS = [
  ...Array.from({ length: 70 }, (_, index) => index),
  ...[255, 256, 257, 399, 400, 401, 4_095, 4_096, 4_097],
  ...[21_839, 21_840, 21_841, 43_680, 65_535, 65_536, 65_537, 200_003],
];
const EMPTY = 0xee;

/** The engine's own encoding. Its decoder makes U+FFFD of what the encoder made of lone surrogates. */
function encodedBetween(text: string, before: number, behind: number): Uint8Array<ArrayBuffer> {
  const length = KERNELS.utf8Length(text);
  const bytes = new Uint8Array(before + length + behind).fill(EMPTY);
  KERNELS.encodeUtf8Into(text, bytes, before);
  return bytes;
}

for (const [way, kernels] of Object.entries(WAYS)) {
  describe(`by ${way}`, () => {
    for (const [what, part] of Object.entries(TEXTS_AND_ODD_ONES)) {
      test(`text is measured, written and read as the engine's own loops do it: ${what}`, () => {
        for (const length of LENGTHS) {
          const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
          const byteCount = KERNELS.utf8Length(text);
          if (kernels.utf8Length(text) !== byteCount) {
            expect({ length, bytes: kernels.utf8Length(text) }).toEqual({
              length,
              bytes: byteCount,
            });
          }
          for (const at of length < 70 ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 13]) {
            const plain = encodedBetween(text, at, 5);
            const end = at + byteCount;
            // Once with room behind the text, and once without.
            for (const behind of [5, 0]) {
              const written = new Uint8Array(end + behind).fill(EMPTY);
              const told = kernels.encodeUtf8Into(text, written, at);
              const isSame = Buffer.compare(written.subarray(0, end), plain.subarray(0, end)) === 0;
              if (told !== end || !isSame) {
                expect([length, at, behind, told, isSame]).toEqual([length, at, behind, end, true]);
              }
            }
            const read = kernels.decodeUtf8(plain, at, end);
            if (read !== KERNELS.decodeUtf8(plain, at, end)) {
              expect([length, at, "read"]).toBe("read as the engine's own loop reads it");
            }
          }
        }
      });
    }
  });
}

test("a pair of surrogates is one character, wherever the measuring in pieces would part it", () => {
  for (const before of [21_838, 21_839, 21_840, 43_678, 43_679]) {
    const text = `${"a".repeat(before)}😀${"b".repeat(30_000)}`;
    expect([before, web.utf8Length(text)]).toEqual([before, before + 4 + 30_000]);
  }
});

test("a platform without the two classes has none of these kernels", () => {
  expect(nothing).toEqual({});
});
