/** The source of the generators: any source of whole numbers. */

/** A seeded source. */
export interface RandomSource {
  /** From 0 up to, and without, `limit`. */
  below(limit: number): number;
}

/** True once in so many times. */
export function oneIn(random: RandomSource, times: number): boolean {
  return random.below(times) === 0;
}

export function pick<T>(random: RandomSource, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}
