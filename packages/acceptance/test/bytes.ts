import { expect } from "vitest";

/** Bytes of which each tells its place. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
  return bytes;
}

/** As `toEqual`, but not byte by byte, which takes seconds for a megabyte. */
export function expectBytes(actual: unknown, expected: Uint8Array): void {
  expect(actual).toBeInstanceOf(Uint8Array);
  const bytes = actual as Uint8Array;
  expect(bytes.length).toBe(expected.length);
  expect(bytes.findIndex((byte, index) => byte !== expected[index])).toBe(-1);
}

export function expectMessage(actual: unknown, expected: string | Uint8Array): void {
  if (typeof expected !== "string") expectBytes(actual, expected);
  else expect(actual === expected ? expected : actual).toBe(expected);
}
