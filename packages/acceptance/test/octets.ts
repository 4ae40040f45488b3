import { expect } from "vitest";

/** Octets of which each tells its place. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) octets[index] = (index * 31 + (index >> 8)) & 255;
  return octets;
}

/** As `toEqual`, but not octet by octet, which takes seconds for a megabyte. */
export function expectOctets(actual: unknown, expected: Uint8Array): void {
  expect(actual).toBeInstanceOf(Uint8Array);
  const octets = actual as Uint8Array;
  expect(octets.length).toBe(expected.length);
  expect(octets.findIndex((octet, index) => octet !== expected[index])).toBe(-1);
}

export function expectMessage(actual: unknown, expected: string | Uint8Array): void {
  if (typeof expected !== "string") expectOctets(actual, expected);
  else expect(actual === expected ? expected : actual).toBe(expected);
}
