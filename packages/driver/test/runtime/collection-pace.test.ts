import { describe, expect, test } from "vitest";
import { CollectionPace, FILLING_TAKES, pacedAllocate } from "../../src/runtime/collection-pace.ts";

const MIB = 1_048_576;

/** The bytes of young objects that accompany messages of 1 MiB. */
function filledFor(pace: CollectionPace, messages: number): number {
  let fillings = 0;
  for (let message = 0; message < messages; message += 1) fillings += pace.fillings(MIB);
  return fillings * FILLING_TAKES;
}

describe("young objects accompany new bytes outside of the heap", () => {
  for (const { name, betweenMarks, accompanied } of [
    {
      name: "when V8 marks its heap for every 16 MiB of them",
      betweenMarks: 16,
      accompanied: true,
    },
    {
      name: "not when the application's objects cause the marks",
      betweenMarks: 4,
      accompanied: false,
    },
    { name: "not when the marks are far apart", betweenMarks: 64, accompanied: false },
  ]) {
    test(name, () => {
      const pace = new CollectionPace();
      expect(filledFor(pace, betweenMarks)).toBe(0);
      pace.marked();
      expect(filledFor(pace, 100)).toBe(accompanied ? 100 * MIB : 0);
    });
  }

  test("until the marks are far apart again", () => {
    const pace = new CollectionPace();
    pace.fillings(16 * MIB);
    pace.marked();
    pace.fillings(64 * MIB);
    pace.marked();
    expect(filledFor(pace, 10)).toBe(0);
  });

  test("as many as there are bytes, also for messages smaller than one of them", () => {
    const pace = new CollectionPace();
    pace.fillings(16 * MIB);
    pace.marked();
    let fillings = 0;
    for (let message = 0; message < 160; message += 1) fillings += pace.fillings(65_536);
    expect(fillings * FILLING_TAKES).toBe(10 * MIB);
  });
});

test("the array is the one that is made, whatever accompanies it", () => {
  const made: Uint8Array<ArrayBuffer>[] = [];
  const allocate = pacedAllocate((byteCount) => {
    const array = new Uint8Array(byteCount);
    made.push(array);
    return array;
  });
  const given = [20_000, MIB, 70_000].map(allocate);
  expect(given.map(({ length }) => length)).toEqual([20_000, MIB, 70_000]);
  expect(given.every((array, index) => array === made[index])).toBe(true);
});
