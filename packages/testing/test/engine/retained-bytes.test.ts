/** What an object keeps alive is counted, whole and once. */
import { expect, test } from "vitest";
import { retainedBytes, retainedMemoryLaw, sansocketEngine } from "../../src/index.ts";

const SLACK = 400;

test.each<[string, number, object]>([
  [
    "a small view of a large buffer counts the whole buffer",
    10_000,
    { view: new Uint8Array(10_000).subarray(0, 1) },
  ],
  ["two views of one buffer count the buffer once", 10_000, sharedViews()],
  ["a string counts two bytes for each code unit", 10_000, { text: "x".repeat(5_000) }],
  ["lists, maps and sets are looked into", 30_000, collections()],
  ["a circle ends", 10_000, circle()],
])("%s", (_what, wanted, object) => {
  expect(retainedBytes(object)).toBeGreaterThanOrEqual(wanted);
  expect(retainedBytes(object)).toBeLessThan(wanted + SLACK);
});

function sharedViews(): object {
  const bytes = new Uint8Array(10_000);
  return { bytes, view: new DataView(bytes.buffer) };
}

function collections(): object {
  const some = (): Uint8Array => new Uint8Array(10_000);
  return { list: [some()], map: new Map([["key", some()]]), set: new Set([some()]) };
}

function circle(): object {
  const object: { own: object | null; bytes: Uint8Array } = {
    own: null,
    bytes: new Uint8Array(10_000),
  };
  object.own = object;
  return object;
}

test("many empty objects are not free", () => {
  expect(retainedBytes(Array.from({ length: 1_000 }, () => ({})))).toBeGreaterThan(30_000);
});

test("what is excepted is not counted", () => {
  const pool = { memory: new Uint8Array(10_000) };
  expect(retainedBytes({ pool }, [pool])).toBeLessThan(SLACK);
});

test("the law of retained memory refuses an engine that it cannot measure, and a constant that is no number", () => {
  const engine = sansocketEngine();
  const unmeasured = {
    name: "mine",
    create: (options: Parameters<typeof engine.create>[0]) => {
      const { retained: _, ...one } = engine.create(options);
      return one;
    },
  };
  expect(() => retainedMemoryLaw(unmeasured)).toThrow(/the engine mine has no retained\(\)/);
  expect(() => retainedMemoryLaw(engine, { constant: -1 })).toThrow(RangeError);
});
