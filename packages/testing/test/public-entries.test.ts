/** What a test gives is judged at the call: a law that is tried no times would hold of every engine. */
import { describe, expect, test } from "vitest";
import {
  cuttings,
  everyByte,
  everySize,
  type LawOptions,
  sansocketEngine,
  totalityLaw,
  VirtualClock,
} from "../src/index.ts";

const ODD: readonly unknown[] = [null, "5", Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, {}, []];

describe.each([
  ["the length of everyByte", (odd: never) => everyByte(odd)],
  ["the length of everySize", (odd: never) => everySize(odd, 1)],
  ["the size of everySize", (odd: never) => everySize(8, odd)],
  ["the length of cuttings", (odd: never) => cuttings(odd)],
  ["the runs of a law", (odd: never) => totalityLaw(sansocketEngine(), { runs: odd })],
])("%s", (_what, call) => {
  test.each(ODD)("that is %j is a RangeError", (odd) => {
    expect(() => call(odd as never)).toThrow(RangeError);
  });
});

test.each([null, "5", Number.NaN, {}, Number.POSITIVE_INFINITY])(
  "a clock that begins at %j is a RangeError",
  (odd) => {
    expect(() => new VirtualClock(odd as never)).toThrow(RangeError);
  },
);

test.each([null, "5", Number.NaN, {}, -1])("a clock that goes to %j is a RangeError", (odd) => {
  const clock = new VirtualClock();
  expect(() => clock.advanceTo(odd as never)).toThrow(RangeError);
  expect(clock.now).toBe(0);
});

test.each([{ run: 5 }, { seed: "5" }, { runs: 0 }])("a law with %j is a RangeError", (options) => {
  expect(() => totalityLaw(sansocketEngine(), options as LawOptions)).toThrow(RangeError);
});

test("sizes that are right are taken", () => {
  expect(everySize(0, 1)).toEqual([]);
  expect(everySize(5, 2)).toEqual([0, 2, 4]);
  totalityLaw(sansocketEngine(), { runs: 1, seed: -5 });
});
