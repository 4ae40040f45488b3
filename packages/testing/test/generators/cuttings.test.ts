import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Cutting,
  cut,
  cuttings,
  encodeText,
  everyByte,
  everyPoint,
  everySize,
  fromHex,
  joinBytes,
  type Program,
  programs,
  texts,
  toHex,
  VirtualClock,
} from "../../src/index.ts";

test("whatever the cutting, the pieces joined are the stream, and none is empty", () => {
  fc.assert(
    fc.property(
      fc
        .uint8Array({ maxLength: 300 })
        .chain((bytes) => fc.tuple(fc.constant(bytes), cuttings(bytes.length))),
      ([bytes, cutting]) => {
        const pieces = cut(bytes, cutting);
        expect(joinBytes(pieces)).toEqual(bytes);
        expect(pieces.every(({ length }) => length > 0)).toBe(true);
      },
    ),
  );
});

/** Shrinks what fails until nothing smaller does: a generator that changes what it was given goes round in circles. */
test.each<[string, fc.Arbitrary<unknown>, (value: never) => boolean]>([
  ["a cutting", cuttings(829), (cutting: Cutting) => hasNeighbours(cutting)],
  [
    "a program",
    programs(),
    (all: Program) => all.some((one) => one.kind === "message" && hasNeighbours(one.parts)),
  ],
])("%s that fails is made smaller, and that ends", (_, arbitrary, fails) => {
  let failures = 0;
  for (let seed = 0; seed < 100; seed += 1) {
    let runs = 0;
    const property = fc.property(arbitrary, (value) => {
      runs += 1;
      return runs > 20_000 || !fails(value as never);
    });
    if (fc.check(property, { seed }).failed) failures += 1;
    expect(runs, `with seed ${seed}`).toBeLessThan(20_000);
  }
  expect(failures).toBeGreaterThan(50);
});

function hasNeighbours(points: readonly number[]): boolean {
  return points.some((at, index) => index > 0 && at - points[index - 1]! < 3);
}

test("the named cuttings are what they are called", () => {
  const bytes = Uint8Array.from({ length: 5 }, (_, index) => index);
  expect(cut(bytes, everyByte(5)).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
  expect(cut(bytes, everySize(5, 2)).map(({ length }) => length)).toEqual([2, 2, 1]);
  expect([...everyPoint(4)]).toEqual([[1], [2], [3]]);
});

test("hexadecimal goes both ways", () => {
  expect(toHex(Uint8Array.of(0, 15, 255))).toBe("000fff");
  expect(fromHex("000FFf")).toEqual(Uint8Array.of(0, 15, 255));
});

test("text is encoded as the runtime's own encoder does", () => {
  fc.assert(
    fc.property(texts(), (text) => {
      expect(encodeText(text)).toEqual(new TextEncoder().encode(text));
    }),
  );
});

describe("the virtual clock", () => {
  test("goes to the earliest deadline, and nowhere when there is none", () => {
    const clock = new VirtualClock();
    expect(clock.advanceToEarliest([Number.POSITIVE_INFINITY, 30, 20])).toBe(true);
    expect(clock.now).toBe(20);
    expect(clock.advanceToEarliest([10])).toBe(true);
    expect(clock.now).toBe(20);
    expect(clock.advanceToEarliest([Number.POSITIVE_INFINITY])).toBe(false);
  });

  test("does not go back", () => {
    const clock = new VirtualClock(5);
    clock.advanceBy(2);
    expect(() => clock.advanceTo(6)).toThrow(RangeError);
  });
});
