/** `SANSOCKET_SEED=… pnpm test` replays a run; without it every run is a new one, and fast-check prints its seed on failure. */
export function seeded(runs: number): { readonly runs: number; readonly seed: number } {
  const given = process.env["SANSOCKET_SEED"];
  const seed = given === undefined ? (Math.random() * 2 ** 31) | 0 : Number(given);
  if (!Number.isInteger(seed)) throw new Error(`SANSOCKET_SEED=${given} is not an integer`);
  return { runs, seed };
}
