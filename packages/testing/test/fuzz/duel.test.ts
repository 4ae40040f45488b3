/** Core against the reference model. `pnpm fuzz` plays the same by the million. */
import { describe, expect, test } from "vitest";
import { duel } from "../../fuzz/duel.ts";
import { createDuelHost } from "../../fuzz/duel-host.ts";
import { describeFailure } from "../../fuzz/failure.ts";
import { formatScenario, parseScenario } from "../../fuzz/scenario-text.ts";
import { randomScenario } from "../../fuzz/scenarios.ts";
import { seededSource } from "../../fuzz/seeded.ts";
import { MODEL_RULES } from "../../src/model/rules.ts";
import { seeded } from "../seed.ts";

/** A failure as `pnpm fuzz` prints it. */
function failureOf(seed: number, path: number): string | null {
  const scenario = randomScenario(seededSource(seed, path));
  const { difference } = duel(scenario, createDuelHost());
  if (difference === null) return null;
  return describeFailure({ scenario, difference }, `pnpm fuzz --seed ${seed} --path ${path}`);
}

describe("core and the reference model", () => {
  test("tell the same of thousands of scenarios, in which most rules are broken", {
    timeout: 180_000,
  }, () => {
    const { runs, seed } = seeded(6_000);
    const host = createDuelHost();
    const broken = new Set<string>();
    for (let path = 0; path < runs; path += 1) {
      const { difference, rule } = duel(randomScenario(seededSource(seed, path)), host);
      if (difference !== null) expect.fail(failureOf(seed, path) ?? `path ${path} of seed ${seed}`);
      if (rule !== null) broken.add(rule);
    }
    expect(broken.size).toBeGreaterThan(MODEL_RULES.length * 0.7);
  });
});

describe("a scenario", () => {
  test("is the same after it was printed and read", () => {
    const { runs, seed } = seeded(500);
    for (let path = 0; path < runs; path += 1) {
      const scenario = randomScenario(seededSource(seed, path));
      expect(parseScenario(formatScenario(scenario))).toEqual(scenario);
    }
  });

  for (const { text, says } of [
    { text: "endpoint servant open", says: /line 1 .* servant is none of client, server/ },
    { text: "endpoint server open\nsay 8", says: /line 2 .* 8 are no bytes/ },
    { text: "\nfrobnicate", says: /line 2 .* frobnicate is no act/ },
    { text: "option echoes maybe", says: /line 1 .* maybe is none of true, false/ },
    { text: "wait soon", says: /line 1 .* soon is no number from 0 on/ },
    { text: "close 1000 bye", says: /line 1 .* bye is no quoted string/ },
  ]) {
    test(`that is not one is refused with its line: ${JSON.stringify(text)}`, () => {
      expect(() => parseScenario(text)).toThrow(says);
    });
  }
});
