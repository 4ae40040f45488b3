/** Ways to cut a stream into the chunks that a network may make of it. A cutting is a list of ascending indices. */

import fc from "fast-check";
import { requireBytes, requireCount } from "../given.ts";

/** Where a stream is cut: positions, ascending. */
export type Cutting = readonly number[];

/** `bytes` in the pieces that the cutting makes, none of them empty; copies. */
export function cut(bytes: Uint8Array, cutting: Cutting): Uint8Array[] {
  requireBytes("the stream", bytes);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const to of [...cutting, bytes.length]) {
    if (to > from) pieces.push(bytes.slice(from, to));
    from = Math.max(from, to);
  }
  return pieces;
}

/** One byte at a time. */
export function everyByte(length: number): Cutting {
  requireCount("length", length, 0);
  return Array.from({ length }, (_, index) => index);
}

/** In pieces of `size`. */
export function everySize(length: number, size: number): Cutting {
  requireCount("length", length, 0);
  requireCount("size", size, 1);
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => index * size);
}

/** In two, at every point in turn. */
export function* everyPoint(length: number): Generator<Cutting, void, undefined> {
  for (let point = 1; point < length; point += 1) yield [point];
}

/** Bytes. A parser that joins what it has not read with each chunk takes minutes for a longer stream, byte by byte. */
const LONG = 4096;
const MOST_CHUNKS_OF_LONG = 64;

/** A way to cut a stream of any length. */
export type CuttingPlan = (length: number) => Cutting;

/**
 * Ways to cut a stream whose length is not known yet. A counterexample whose bytes become fewer keeps its cuts so, and goes on
 * failing; a cutting that is drawn anew for each length would not.
 */
export function cuttingPlans(): fc.Arbitrary<CuttingPlan> {
  const sized =
    (size: number): CuttingPlan =>
    (length) =>
      everySize(
        length,
        Math.max(size, length > LONG ? Math.ceil(length / MOST_CHUNKS_OF_LONG) : 1),
      );
  const point = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 300 }), fc.nat({ max: 70_000 }));
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 1, arbitrary: fc.constant<CuttingPlan>(() => []) },
    {
      weight: 5,
      arbitrary: fc.array(point, { minLength: 1, maxLength: 12 }).map(
        (some): CuttingPlan =>
          (length) =>
            [...new Set(some)].filter((at) => at < length).sort((a, b) => a - b),
      ),
    },
    { weight: 2, arbitrary: fc.constant(sized(1)) },
    { weight: 2, arbitrary: fc.integer({ min: 2, max: 100 }).map(sized) },
  );
}

/**
 * Any cutting of a stream of `length` bytes: whole, byte by byte, even sizes, a few points, many. A stream of more than
 * 4096 bytes is cut byte by byte in no case, and into even sizes of 64 chunks at most: it shows nothing that a shorter
 * stream does not show.
 */
export function cuttings(length: number): fc.Arbitrary<Cutting> {
  requireCount("length", length, 0);
  return cuttingPlans().map((plan) => plan(length));
}
