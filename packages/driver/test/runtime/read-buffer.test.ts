import { expect, test } from "vitest";
import { joined, ReadBuffer } from "../../src/index.ts";

/** The sizes that a connection is ready to read, each after a read of that many bytes. */
function sizesAfter(buffer: ReadBuffer, reads: readonly number[]): number[] {
  return reads.map((count) => {
    expect(buffer.filled(count).length).toBe(count);
    buffer.ready(count);
    return buffer.memory.length;
  });
}

const READS: readonly (readonly [
  what: string,
  isTls: boolean,
  reads: number[],
  sizes: number[],
])[] = [
  ["small, while messages fit", false, [1, 1_023], [1_024, 1_024]],
  ["larger, once one was full", false, [1_024], [4_096]],
  ["larger, while few connections need it", false, [1_024, 3_000, 10], [4_096, 4_096, 4_096]],
  ["large, once a larger one was full", false, [1_024, 4_096], [4_096, 65_600]],
  ["large, as a record of TLS is", true, [1_024, 4_096], [4_096, 16_384]],
  [
    "large, while they need it",
    false,
    [1_024, 4_096, 65_600, 10_000],
    [4_096, 65_600, 65_600, 65_600],
  ],
  ["smaller again behind one that would fit", false, [1_024, 4_096, 4_096], [4_096, 65_600, 4_096]],
];

test.each(READS)("a read is %s", (_what, isTls, reads, sizes) => {
  const buffer = new ReadBuffer(isTls);
  expect(buffer.memory.length).toBe(1_024);
  expect(sizesAfter(buffer, reads)).toEqual(sizes);
  buffer.shrink();
  expect(buffer.memory.length).toBe(1_024);
});

test("a large buffer goes to the next who needs one", () => {
  const [first, second] = [new ReadBuffer(false), new ReadBuffer(false)];
  sizesAfter(first, [1_024, 4_096]);
  const { memory } = first;
  first.shrink();
  sizesAfter(second, [1_024, 4_096]);
  expect(second.memory).toBe(memory);
  second.shrink();
});

test("of more than 64 connections, those that wait with a large buffer give it back unless it was full", () => {
  const buffers = Array.from({ length: 65 }, () => new ReadBuffer(false));
  for (const buffer of buffers) sizesAfter(buffer, [1_024, 4_096]);
  const [first, second] = buffers as [ReadBuffer, ReadBuffer];
  expect(sizesAfter(first, [65_600, 10_000])).toEqual([65_600, 4_096]);
  expect(sizesAfter(second, [10_000])).toEqual([65_600]); // one less is held now
  for (const buffer of buffers) buffer.shrink();
});

test("of more than 1,024 connections, those that wait for few bytes with a larger buffer give it back", () => {
  const buffers = Array.from({ length: 1_025 }, () => new ReadBuffer(false));
  for (const buffer of buffers) sizesAfter(buffer, [1_024]);
  const [first, second] = buffers as [ReadBuffer, ReadBuffer];
  expect(sizesAfter(first, [3_000, 1_000])).toEqual([4_096, 1_024]);
  expect(sizesAfter(second, [1_000])).toEqual([4_096]); // one less is held now
  for (const buffer of buffers) buffer.shrink();
});

test.each([
  ["none", []],
  ["one", [[1, 2, 3]]],
  ["several, with an empty one", [[1], [], [2, 3]]],
])("joined chunks are in memory of their own: %s", (_what, parts) => {
  const chunks = parts.map((part) => new Uint8Array(part));
  const whole = joined(chunks);
  for (const chunk of chunks) chunk.fill(9);
  expect([...whole]).toEqual(parts.flat());
});
