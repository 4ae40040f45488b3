/** Every file of the corpus, on every runtime: core tells and sends what the file says, and the model agrees. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { playScenario, summaryOf, transcriptOf } from "../../fuzz/corpus.ts";
import { parseScenario } from "../../fuzz/scenario-text.ts";

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), "../../corpus");
const names = readdirSync(CORPUS).filter((name) => name.endsWith(".txt"));
const index = readFileSync(join(CORPUS, "README.md"), "utf8");

describe("the corpus", () => {
  test("has an index that names each of its files, and no other", () => {
    const listed = [...index.matchAll(/\]\(([\w-]+\.txt)\)/g)].map(([, name]) => name!);
    expect(listed.sort()).toEqual([...names].sort());
  });

  for (const name of names) {
    const file = readFileSync(join(CORPUS, name), "utf8");
    const scenario = parseScenario(file);
    const expected = transcriptOf(file);
    test(`${name}: ${summaryOf(scenario, { difference: null, rule: null, transcript: expected })}`, () => {
      const played = playScenario(scenario);
      expect(played.difference).toBeNull();
      expect(played.transcript).toEqual(expected);
    });
  }
});
