/** Numbers that look random, in an order that a seed decides: the same seed plays the same history again. */
export class SeededRandom {
  private state: number;

  /** @throws RangeError for a seed that is no whole number. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`the seed is ${String(seed)}: give a whole number`);
    }
    this.state = seed >>> 0;
  }

  /** A whole number from 0 on, below `bound`. A bound below 1 gives 0. */
  below(bound: number): number {
    // Mulberry32: one state of 32 bits, and every seed gives a sequence of its own.
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * Math.max(1, bound));
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Fills the array, as `crypto.getRandomValues` does. */
  fill(into: Uint8Array): void {
    for (let index = 0; index < into.length; index += 1) into[index] = this.below(256);
  }
}
