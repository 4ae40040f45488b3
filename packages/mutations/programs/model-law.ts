/** The law of the model: core does what the reference model of packages/testing predicts, in every scenario of a seed. */
import { duel } from "../../testing/fuzz/duel.ts";
import { createDuelHost } from "../../testing/fuzz/duel-host.ts";
import { formatScenario } from "../../testing/fuzz/scenario-text.ts";
import { randomScenario } from "../../testing/fuzz/scenarios.ts";
import { seededSource } from "../../testing/fuzz/seeded.ts";
import { shrink } from "../../testing/fuzz/shrink.ts";

/** @throws Error with the smallest scenario found, in which core and the model part. */
export function modelLaw({ runs, seed }: { readonly runs: number; readonly seed: number }): void {
  const host = createDuelHost();
  for (let path = 0; path < runs; path += 1) {
    const scenario = randomScenario(seededSource(seed, path));
    const { difference } = duel(scenario, host);
    if (difference === null) continue;
    const smallest = shrink({ scenario, difference });
    const { what, core, model } = smallest.difference;
    const text = `${what}\n  core:  ${core}\n  model: ${model}\n${formatScenario(smallest.scenario)}`;
    throw Object.assign(new Error(text), { history: smallest.scenario.acts });
  }
}
