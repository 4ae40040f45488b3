/** Scenarios from other scenarios: what the coverage-guided loop tries. */
import { oneIn, pick, type RandomSource } from "./random.ts";
import type { Act, Scenario, Setting } from "./scenario.ts";
import { randomScenario } from "./scenarios.ts";

type Mutation = (random: RandomSource, scenario: Scenario, other: Scenario) => Scenario;

function withActs({ setting }: Scenario, acts: readonly Act[]): Scenario {
  return { setting, acts };
}

/** A byte of what the peer says becomes another one. */
function changedByte(random: RandomSource, act: Act): Act {
  if (act.kind !== "say" || act.bytes.length === 0) return act;
  const bytes = act.bytes.slice();
  const at = oneIn(random, 2)
    ? random.below(Math.min(4, bytes.length))
    : random.below(bytes.length);
  bytes[at] = oneIn(random, 2) ? bytes[at]! ^ (1 << random.below(8)) : random.below(256);
  return { ...act, bytes };
}

/** The bytes arrive in other pieces. */
function recut(random: RandomSource, act: Act): Act {
  if (act.kind !== "say") return act;
  const hold = random.below(act.bytes.length + 1);
  return { ...act, hold, size: pick(random, [0, 0, 1, 2, 5]) };
}

const MUTATIONS: readonly Mutation[] = [
  (random, scenario) => {
    const at = random.below(scenario.acts.length + 1);
    return withActs(
      scenario,
      scenario.acts.filter((_, index) => index !== at),
    );
  },
  (random, scenario, other) => {
    const at = random.below(scenario.acts.length + 1);
    const from = random.below(other.acts.length + 1);
    const some = other.acts.slice(from, from + 1 + random.below(3));
    return withActs(scenario, [...scenario.acts.slice(0, at), ...some, ...scenario.acts.slice(at)]);
  },
  (random, scenario, other) =>
    withActs(scenario, [
      ...scenario.acts.slice(0, random.below(scenario.acts.length + 1)),
      ...other.acts.slice(random.below(other.acts.length + 1)),
    ]),
  (random, scenario) => {
    const at = random.below(scenario.acts.length + 1);
    const change = oneIn(random, 2) ? changedByte : recut;
    return withActs(
      scenario,
      scenario.acts.map((act, index) => (index === at ? change(random, act) : act)),
    );
  },
  (random, { setting, acts }, other) => {
    const name = pick(random, Object.keys(setting) as (keyof Setting)[]);
    if (name === "role" || name === "from") return { setting, acts };
    return { setting: { ...setting, [name]: other.setting[name] }, acts };
  },
];

const MOST_ACTS = 40;

/** A scenario of the corpus with one to four changes, or now and then a fresh one. */
export function nextScenario(random: RandomSource, corpus: readonly Scenario[]): Scenario {
  if (corpus.length === 0 || oneIn(random, 8)) return randomScenario(random);
  let scenario = pick(random, corpus);
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
    const other = oneIn(random, 2) ? randomScenario(random) : pick(random, corpus);
    scenario = pick(random, MUTATIONS)(random, scenario, other);
  }
  return withActs(scenario, scenario.acts.slice(0, MOST_ACTS));
}
