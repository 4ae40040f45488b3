/** How a law is tried by these tests. See `LAW_SEED` for why every run has the same seed. */
import { LAW_SEED } from "@sansocket/workshop/law-seed";

export function seeded(runs: number): { readonly runs: number; readonly seed: number } {
  return { runs, seed: LAW_SEED };
}
