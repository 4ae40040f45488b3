/** What is gathered for a message: its octets in order, in a buffer that what has arrived pays for. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  appendBytes,
  createGrowingBytes,
  type GrowingBytes,
  releaseBytes,
} from "../../src/bytes/growing-bytes.ts";
import { randomOctets, seededNumbers } from "../seeded-octets.ts";

/** The capacity that a few octets may have for nothing. */
const SMALLEST = 256;

/** Takes whatever buffer was given back before, so that a test begins with none. */
function forgetSpare(): void {
  for (let needed = 8_192; needed <= 1_048_576; needed *= 2) createGrowingBytes(needed, needed);
}

function append(growing: GrowingBytes, octets: Uint8Array, expected: number): void {
  appendBytes(growing, octets, 0, octets.length, expected);
}

/** Gathers `total` octets in pieces of `size`, `announced` of them known before. */
function gatherIn(total: number, size: number, announced: number): number[] {
  const growing = createGrowingBytes(Math.min(size, total), announced);
  const piece = new Uint8Array(size);
  const ratios: number[] = [];
  for (let arrived = 0; arrived < total; ) {
    const length = Math.min(size, total - arrived);
    appendBytes(growing, piece, 0, length, announced);
    arrived += length;
    if (growing.bytes.length > SMALLEST) ratios.push(growing.bytes.length / arrived);
  }
  releaseBytes(growing);
  return ratios;
}

describe("growing bytes", () => {
  test("hold what was appended, in order, whatever the sizes", () => {
    const sizes = seededNumbers(1);
    const whole = randomOctets(2, 200_000);
    const growing = createGrowingBytes(0, Number.POSITIVE_INFINITY);
    while (growing.length < whole.length) {
      const from = growing.length;
      const to = Math.min(whole.length, from + (sizes() % 3_000));
      appendBytes(growing, whole, from, to, Number.POSITIVE_INFINITY);
      expect(growing.length).toBe(to);
    }
    expect(whole.findIndex((octet, index) => octet !== growing.bytes[index])).toBe(-1);
  });

  test("append a part of an array, and leave the array as it was", () => {
    const growing = createGrowingBytes(0, 10);
    const source = Uint8Array.from([1, 2, 3, 4, 5]);
    appendBytes(growing, source, 1, 3, 10);
    appendBytes(growing, source, 3, 3, 10);
    expect([...growing.bytes.slice(0, growing.length)]).toEqual([2, 3]);
    expect([...source]).toEqual([1, 2, 3, 4, 5]);
  });

  for (const { total, size, announced, because } of [
    { total: 5_000, size: 1, announced: Number.POSITIVE_INFINITY, because: "octet by octet" },
    { total: 5_000, size: 1, announced: 16_777_216, because: "octet by octet of 16 MiB announced" },
    { total: 300_000, size: 1_000, announced: 300_000, because: "as much as was announced" },
    { total: 300_000, size: 7_001, announced: 16_777_216, because: "little of what was announced" },
    {
      total: 3_000_000,
      size: 65_536,
      announced: Number.POSITIVE_INFINITY,
      because: "large pieces",
    },
    { total: 16_777_216, size: 1_048_576, announced: 16_777_216, because: "the largest message" },
  ]) {
    test(`take at most twice what has arrived, at any moment: ${because}`, () => {
      expect(Math.max(0, ...gatherIn(total, size, announced))).toBeLessThanOrEqual(2);
    });
  }

  test("take at most twice what has arrived also when a larger buffer was given back before", () => {
    for (const given of [16_384, 32_768, 65_536, 131_072, 1_048_576]) {
      for (const arrived of [8_192, 9_000, 16_384, 20_000, 40_000, 70_000]) {
        forgetSpare();
        releaseBytes({ bytes: new Uint8Array(given), length: given });
        const begun = createGrowingBytes(arrived, 16_777_216);
        expect(begun.bytes.length).toBeLessThanOrEqual(2 * arrived);
        forgetSpare();
        releaseBytes({ bytes: new Uint8Array(given), length: given });
        const grown = createGrowingBytes(1, 1);
        append(grown, new Uint8Array(arrived), 16_777_216);
        expect(grown.bytes.length).toBeLessThanOrEqual(2 * arrived);
      }
    }
  });

  test("take no more than was announced, when all of it will come", () => {
    const growing = createGrowingBytes(600, 1_000);
    expect(growing.bytes.length).toBeLessThanOrEqual(1_000);
    append(growing, new Uint8Array(600), 1_000);
    append(growing, new Uint8Array(400), 1_000);
    expect(growing.bytes.length).toBe(1_000);
  });

  test("copy an octet a few times at most, however small the pieces are", () => {
    let copied = 0;
    const growing = createGrowingBytes(1, Number.POSITIVE_INFINITY);
    let bytes = growing.bytes;
    for (let arrived = 0; arrived < 100_000; arrived += 1) {
      append(growing, Uint8Array.of(1), Number.POSITIVE_INFINITY);
      if (growing.bytes !== bytes) copied += arrived;
      bytes = growing.bytes;
    }
    expect(copied).toBeLessThan(2 * 100_000);
  });
});

describe("a buffer that was given back", () => {
  beforeEach(forgetSpare);
  const large = () => ({ bytes: new Uint8Array(40_000), length: 40_000 });

  test("is used for the next message of its size, and only once", () => {
    const first = large();
    releaseBytes(first);
    const [second, third] = [40_000, 40_000].map((length) => createGrowingBytes(length, length));
    expect([second!.bytes === first.bytes, third!.bytes === first.bytes]).toEqual([true, false]);
  });

  test("shows nothing of the message before in the next: only appended octets count", () => {
    const first = large();
    first.bytes.fill(0xee);
    releaseBytes(first);
    const second = createGrowingBytes(40_000, 40_000);
    expect(second.length).toBe(0);
    append(second, new Uint8Array(39_999), 40_000);
    expect(second.bytes.subarray(0, second.length).every((octet) => octet === 0)).toBe(true);
  });

  test("is not kept when it is small or above 1 MiB", () => {
    for (const length of [16_383, 1_048_577]) {
      const bytes = new Uint8Array(length);
      releaseBytes({ bytes, length });
      expect(createGrowingBytes(length, length).bytes === bytes).toBe(false);
    }
  });
});
