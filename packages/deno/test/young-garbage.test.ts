import { expect, test } from "vitest";
import { makeYoungGarbage } from "../src/young-garbage.ts";

/** The usual one of several calls: between two looks at the heap, the collector may run, and other code may allocate. */
function bytesTakenBy(byteCount: number): number {
  const taken = Array.from({ length: 21 }, () => {
    const before = Deno.memoryUsage().heapUsed;
    makeYoungGarbage(byteCount);
    return Deno.memoryUsage().heapUsed - before;
  });
  return taken.sort((a, b) => a - b)[10]!;
}

test.each([16_384, 65_536, 131_072])(
  "a message of %i bytes is followed by half of its length in garbage",
  (byteCount) => {
    const taken = bytesTakenBy(byteCount);
    expect(taken).toBeGreaterThanOrEqual(byteCount / 2);
    expect(taken).toBeLessThan(byteCount / 2 + 4_096);
  },
);

test("a message that the C library takes from the system is followed by no garbage", () => {
  expect(bytesTakenBy(131_073)).toBeLessThan(4_096);
});
