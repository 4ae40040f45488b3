/** Laws about what only core offers: its policies, its limits, the memory behind its messages. */
import fc from "fast-check";

/** How a law is tried. */
export interface CoreLawOptions {
  readonly runs: number;
  readonly seed: number;
}

/** @throws Error with the smallest counterexample. */
export function check<Ts>({ runs, seed }: CoreLawOptions, property: fc.IProperty<Ts>): void {
  fc.assert(property, { numRuns: runs, seed });
}

/** A host whose randomness is none. */
export const QUIET_HOST = { random: (into: Uint8Array): void => void into.fill(0x5a) };
