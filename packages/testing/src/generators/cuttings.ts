/** Ways to cut a stream into the chunks that a network may make of it. A cutting is a list of ascending indices. */
import fc from "fast-check";

/** Where a stream is cut: positions, ascending. */
export type Cutting = readonly number[];

/** `bytes` in the pieces that the cutting makes, none of them empty; copies. */
export function cut(bytes: Uint8Array, cutting: Cutting): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const to of [...cutting, bytes.length]) {
    if (to > from) pieces.push(bytes.slice(from, to));
    from = Math.max(from, to);
  }
  return pieces;
}

/** @throws RangeError for what is no number of bytes, from `least` on. */
function requireCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name} is ${String(value)}: give a whole number from ${least} on`);
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

/** A stream in more chunks takes seconds, and shows nothing that a shorter one does not. */
const MOST_CHUNKS = 4096;

/**
 * Any cutting of a stream of `length` bytes: whole, byte by byte, even sizes, a few points, many. A stream of more than
 * 4096 bytes is not cut byte by byte, but into 4096 chunks at most.
 */
export function cuttings(length: number): fc.Arbitrary<Cutting> {
  requireCount("length", length, 0);
  const least = Math.ceil(length / MOST_CHUNKS);
  const points = fc
    .uniqueArray(fc.nat({ max: Math.max(0, length) }), { maxLength: 12 })
    .map((some) => [...some].sort((a, b) => a - b));
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.constant(everySize(length, Math.max(1, least))) },
    {
      weight: 2,
      arbitrary: fc
        .integer({ min: 2, max: 100 })
        .map((size) => everySize(length, Math.max(size, least))),
    },
    { weight: 5, arbitrary: points },
  );
}
