/**
 * The seed of every property test. One change must have one verdict: a run of the tests that draws new inputs each time fails
 * one day for a change that is not to blame. New inputs are the task of `pnpm fuzz`, and of `SANSOCKET_SEED=fresh pnpm test`.
 */
import { env } from "node:process";

/** The date of the first run. Any whole number would do. */
const FIXED_SEED = 20_261_126;

/** `SANSOCKET_SEED`: a whole number as a failure prints it, or "fresh". Default: {@link FIXED_SEED}. */
export const LAW_SEED = lawSeed(env["SANSOCKET_SEED"]);

/**
 * @param {string | undefined} given
 * @returns {number}
 */
function lawSeed(given) {
  if (given === undefined) return FIXED_SEED;
  if (given === "fresh") return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(given);
  if (given.trim() !== "" && Number.isSafeInteger(seed)) return seed;
  throw new Error(`SANSOCKET_SEED is ${given}: give a whole number, or "fresh" for new inputs`);
}
