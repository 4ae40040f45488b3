/** The parts that all laws of the driver share: how often they are tried, and what a broken law says. */
import { settle } from "../stage.ts";

/** How a law is tried. */
export interface DriverLawOptions {
  /** How many examples are tried. Each law has a default of its own. */
  readonly runs?: number;
  /** Replays a run: fast-check prints the seed of a run that failed. Default: the seed of all property tests. */
  readonly seed?: number;
}

/** A law of the driver. The promise rejects with the smallest counterexample. */
export type DriverLaw = (options?: DriverLawOptions) => Promise<void>;

/** fast-check's own options. */
export function checked(
  { runs, seed }: DriverLawOptions,
  defaultRuns: number,
): { readonly numRuns: number; readonly seed?: number } {
  return { numRuns: runs ?? defaultRuns, ...(seed === undefined ? {} : { seed }) };
}

/** @throws Error that shows both values, when they differ. Both are plain data. */
export function requireSame(what: string, found: unknown, wanted: unknown): void {
  const [foundText, wantedText] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (foundText === wantedText) return;
  throw new Error(`${what}\n  is:     ${foundText}\n  should: ${wantedText}`);
}

/**
 * The results of promises that must have settled by now: nothing is left that could settle them later.
 * @throws Error when a promise waits for ever.
 */
export async function requireSettled<T>(
  what: string,
  promises: readonly Promise<T>[],
): Promise<T[]> {
  let settled = 0;
  for (const promise of promises) {
    const count = (): void => {
      settled += 1;
    };
    void promise.then(count, count);
  }
  await settle();
  if (settled < promises.length) {
    throw new Error(`${what}: ${promises.length - settled} of ${promises.length} never settle`);
  }
  return await Promise.all(promises);
}
