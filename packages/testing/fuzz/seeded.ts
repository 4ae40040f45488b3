/** The source of run number `path` under a seed. Both are printed with a failure, and together they replay it. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xorshift128plus } from "pure-rand/generator/xorshift128plus";
import type { RandomSource } from "./random.ts";

/** Two whole numbers as one of 32 bits, so that neighbours have nothing in common. */
function mixed(seed: number, path: number): number {
  let hash = Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) ^ Math.imul(path + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2_ae35);
  return hash ^ (hash >>> 13);
}

export function seededSource(seed: number, path: number): RandomSource {
  const generator = xorshift128plus(mixed(seed, path));
  // The first numbers of this generator are close to its seed.
  for (let count = 0; count < 4; count += 1) generator.next();
  return { below: (limit) => uniformInt(generator, 0, limit - 1) };
}
