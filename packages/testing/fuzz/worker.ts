/** Plays the paths that the main thread gives out, and reports what they came to. */
import { parentPort } from "node:worker_threads";
import { duel } from "./duel.ts";
import { createDuelHost } from "./duel-host.ts";
import { randomScenario } from "./scenarios.ts";
import { seededSource } from "./seeded.ts";

/** Paths to play: from `from` up to, and without, `to`. */
export interface Batch {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** The result of a batch. */
export interface BatchReport {
  readonly runs: number;
  /** How often each rule was broken. */
  readonly rules: Readonly<Record<string, number>>;
  /** The first path on which core and the model part. */
  readonly failedPath: number | null;
}

export function playBatch({ seed, from, to }: Batch): BatchReport {
  const rules: Record<string, number> = {};
  const host = createDuelHost();
  for (let path = from; path < to; path += 1) {
    const { difference, rule } = duel(randomScenario(seededSource(seed, path)), host);
    if (difference !== null) return { runs: path - from + 1, rules, failedPath: path };
    if (rule !== null) rules[rule] = (rules[rule] ?? 0) + 1;
  }
  return { runs: to - from, rules, failedPath: null };
}

if (parentPort !== null) {
  const port = parentPort;
  // Mistakes of the caller are expected answers here, and their stacks cost a tenth of the time.
  Error.stackTraceLimit = 0;
  port.on("message", (batch: Batch) => port.postMessage(playBatch(batch)));
}
