import { expect, test } from "vitest";
import { createAllowance, take } from "../src/allowance.ts";

function takenAt(allowance: ReturnType<typeof createAllowance>, now: number): number {
  let count = 0;
  while (take(allowance, now)) count += 1;
  return count;
}

test("a burst is allowed, then so many a second, and never more than a burst", () => {
  const allowance = createAllowance(0);
  expect(takenAt(allowance, 0)).toBe(40);
  expect(takenAt(allowance, 1_000)).toBe(8);
  expect(takenAt(allowance, 1_100)).toBe(0);
  expect(takenAt(allowance, 3_600_000)).toBe(40);
});

test("a clock that is set back takes nothing away", () => {
  const allowance = createAllowance(10_000);
  takenAt(allowance, 10_000);
  expect(takenAt(allowance, 0)).toBe(0);
  expect(takenAt(allowance, 1_000)).toBe(8);
});
