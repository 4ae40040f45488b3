/**
 * `pnpm fuzz:snapshots`: the two laws of connections that move, by the hundred thousand. packages/pako puts both laws to
 * connections with permessage-deflate.
 */
import { Command, InvalidArgumentError } from "commander";
import { sansocketEngine } from "../src/engine/sansocket-engine.ts";
import { restoreLaw } from "../src/laws/restore.ts";
import { snapshotLaw } from "../src/laws/snapshot.ts";

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError("Give a whole number from 1 on.");
}

const { moves, restores, seed } = new Command("pnpm fuzz:snapshots")
  .description("Moves connections between any two bytes, and restores damaged snapshots.")
  .option("--moves <count>", "histories with moves; default 20,000", wholeNumber, 20_000)
  .option("--restores <count>", "damaged snapshots; default 1,000,000", wholeNumber, 1_000_000)
  .option("--seed <number>", "both follow from it; default 1", wholeNumber, 1)
  .parse()
  .opts<{ moves: number; restores: number; seed: number }>();

function timed(what: string, run: () => string): void {
  const start = performance.now();
  const result = run();
  const seconds = (performance.now() - start) / 1_000;
  console.log(`${what}: ${result} in ${seconds.toFixed(0)} s`);
}

timed("snapshotLaw", () => {
  for (const role of ["server", "client"] as const) {
    snapshotLaw(sansocketEngine(), { role, runs: Math.ceil(moves / 2), seed });
  }
  return `${moves} histories in both roles are those of endpoints that stay`;
});

timed("restoreLaw", () => {
  let most = 0;
  let restored = 0;
  const refused: Record<string, number> = {};
  const step = 10_000;
  for (let done = 0; done < restores; done += step) {
    const report = restoreLaw({ runs: Math.min(step, restores - done), seed: seed + done });
    restored += report.restored;
    for (const [fault, count] of Object.entries(report.refused)) {
      refused[fault] = (refused[fault] ?? 0) + count;
    }
    most = Math.max(most, process.memoryUsage().rss);
  }
  const faults = Object.entries(refused).map(([fault, count]) => `${count} ${fault}`);
  return `${restores} inputs, ${restored} restored, refused: ${faults.join(", ")}; ${Math.round(most / 1e6)} MB resident at most`;
});
