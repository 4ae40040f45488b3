/** The gathered bytes of a message: in order, in a buffer that is not much larger than the bytes that have arrived. */
import { afterEach, describe, expect, test } from "vitest";
import {
  AHEAD_BYTES,
  AHEAD_FACTOR,
  appendBytes,
  createGrowingBytes,
  Gathering,
  type GrowingBytes,
  ownArray,
  releaseBytes,
  reserveBytes,
  settleBytes,
} from "../../src/bytes/growing-bytes.ts";
import { randomBytes, seededNumbers } from "../seeded-bytes.ts";

/** The capacity that a few bytes may have for nothing. */
const SMALLEST = 256;

function append(growing: GrowingBytes, octets: Uint8Array, expected: number): void {
  appendBytes(growing, octets, 0, octets.length, expected);
}

/** Gathers `total` bytes in pieces of `size`, `announced` of them known before. */
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
    const whole = randomBytes(2, 200_000);
    const growing = createGrowingBytes(0, Number.POSITIVE_INFINITY);
    while (growing.length < whole.length) {
      const from = growing.length;
      const to = Math.min(whole.length, from + (sizes() % 3_000));
      appendBytes(growing, whole, from, to, Number.POSITIVE_INFINITY);
      expect(growing.length).toBe(to);
    }
    const { bytes, start, length } = growing;
    expect(Buffer.compare(whole, bytes.subarray(start, start + length))).toBe(0);
    releaseBytes(growing);
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
    { total: 5_000, size: 1, announced: Number.POSITIVE_INFINITY, because: "byte by byte" },
    { total: 5_000, size: 1, announced: 16_777_216, because: "byte by byte of 16 MiB announced" },
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

  test("take no more than was announced, when all of it will come", () => {
    const growing = createGrowingBytes(600, 1_000);
    expect(growing.bytes.length).toBeLessThanOrEqual(1_000);
    append(growing, new Uint8Array(600), 1_000);
    append(growing, new Uint8Array(400), 1_000);
    expect(growing.bytes.length).toBe(1_000);
  });

  test("copy a byte a few times at most, however small the pieces are", () => {
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

describe("room ahead of what has arrived", () => {
  const begun: GrowingBytes[] = [];
  function begin(announced: number, gathering: Gathering): GrowingBytes {
    const growing = createGrowingBytes(65_536, announced, gathering);
    begun.push(growing);
    return growing;
  }

  afterEach(() => {
    for (const growing of begun.splice(0)) releaseBytes(growing);
  });

  for (const [how, gathering] of [
    ["in kept memory", Gathering.Kept],
    ["in an array of its own", Gathering.Own],
  ] as const) {
    test(`spares the copies of a growing buffer: ${how}`, () => {
      const growing = begin(1_048_576, gathering);
      const { bytes } = growing;
      for (let arrived = 0; arrived < 1_048_576; arrived += 65_536) {
        reserveBytes(growing, 65_536, 1_048_576, gathering);
        growing.length += 65_536;
      }
      expect(growing.bytes).toBe(bytes);
    });

    test(`has a bound for the whole thread, whatever peers announce: ${how}`, () => {
      const capacities = Array.from(
        { length: 100 },
        () => begin(1_048_576, gathering).bytes.length,
      );
      const large = capacities.filter((capacity) => capacity > 131_072);
      expect(large).toHaveLength(AHEAD_BYTES / 1_048_576);
    });

    test(`is there again for the next message: ${how}`, () => {
      for (let message = 0; message < 100; message += 1) {
        const growing = createGrowingBytes(AHEAD_BYTES / AHEAD_FACTOR, AHEAD_BYTES, gathering);
        expect(growing.bytes.length).toBeGreaterThanOrEqual(AHEAD_BYTES);
        settleBytes(growing);
        releaseBytes(growing);
      }
    });
  }

  test("is not given where bytes are only doubled", () => {
    expect(begin(1_048_576, Gathering.Doubling).bytes.length).toBeLessThanOrEqual(131_072);
  });

  test("is not given to who has sent little and announces much", () => {
    const growing = createGrowingBytes(1_000, 1_048_576, Gathering.Kept);
    expect(growing.bytes.length).toBeLessThanOrEqual(2_000);
    releaseBytes(growing);
  });
});

test.each([
  ["in kept memory", Gathering.Kept],
  ["in an array of its own", Gathering.Own],
  ["in a buffer that doubles", Gathering.Doubling],
] as const)(
  "40 MiB of unknown length are copied few times, also above the largest size that is kept: %s",
  (_, gathering) => {
    const growing = createGrowingBytes(1_000, Number.POSITIVE_INFINITY, gathering);
    const buffers = new Set<ArrayBufferLike>();
    for (let arrived = 0; arrived < 40 * 1_048_576; arrived += 262_144) {
      reserveBytes(growing, 262_144, Number.POSITIVE_INFINITY, gathering);
      growing.length += 262_144;
      buffers.add(growing.bytes.buffer);
      expect(growing.bytes.length).toBeLessThanOrEqual(2 * growing.length + 65_552);
    }
    releaseBytes(growing);
    expect(buffers.size).toBeLessThanOrEqual(12);
  },
);

describe("an array to keep", () => {
  test("is exactly as long as the message, and lies in no memory that is used again", () => {
    const growing = createGrowingBytes(65_536, 200_000, Gathering.Own);
    for (const size of [65_536, 65_536, 68_928]) {
      reserveBytes(growing, size, 200_000, Gathering.Own);
      growing.length += size;
    }
    const own = ownArray(growing)!;
    expect([own.length, own.byteOffset, own.buffer.byteLength]).toEqual([200_000, 0, 200_000]);
    releaseBytes(growing);
    expect(createGrowingBytes(200_000, 200_000, Gathering.Kept).bytes.buffer).not.toBe(own.buffer);
  });

  test("is there also when there was no room ahead, once half of the message has arrived", () => {
    const others = createGrowingBytes(AHEAD_BYTES / AHEAD_FACTOR, AHEAD_BYTES, Gathering.Kept);
    const whole = randomBytes(3, 300_000);
    const growing = createGrowingBytes(60_000, 300_000, Gathering.Own);
    for (let at = 0; at < whole.length; at += 60_000) {
      reserveBytes(growing, 60_000, 300_000, Gathering.Own);
      growing.bytes.set(whole.subarray(at, at + 60_000), growing.start + growing.length);
      growing.length += 60_000;
    }
    expect(Buffer.compare(ownArray(growing)!, whole)).toBe(0);
    releaseBytes(others);
  });

  test("is none in memory that is used again, and none with room for more", () => {
    const kept = createGrowingBytes(100_000, 100_000, Gathering.Kept);
    kept.length = 100_000;
    expect(ownArray(kept)).toBeNull();
    const roomy = createGrowingBytes(100, 200, Gathering.Own);
    roomy.length = 100;
    expect(ownArray(roomy)).toBeNull();
    releaseBytes(kept);
    releaseBytes(roomy);
  });
});
