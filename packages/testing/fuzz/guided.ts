/**
 * `pnpm fuzz:coverage`: grows the corpus. A scenario joins the corpus when it makes core run a part that no scenario before it
 * has run, or when core tells a pair of steps, one behind the other, that is new. The scenario is made small first.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { fileOf, indexOf, nameOf, type Played, playScenario, summaryOf } from "./corpus.ts";
import { describeFailure } from "./failure.ts";
import { nextScenario } from "./mutations.ts";
import type { Scenario } from "./scenario.ts";
import { formatScenario, parseScenario } from "./scenario-text.ts";
import { seededSource } from "./seeded.ts";
import { smaller } from "./shrink.ts";
import { CoreCoverage } from "./v8-coverage.ts";

/** A look at the coverage costs as much as some hundred scenarios. */
const BATCH = 200;
/** Attempts to make one scenario smaller, with looks at the coverage and without. */
const MOST_LOOKS = 40;
const MOST_ATTEMPTS = 400;

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("Give a number above 0.");
}

const options = new Command("pnpm fuzz:coverage")
  .description("Grows the corpus by scenarios that reach new parts of core.")
  .option("--minutes <time>", "how long", positive, 1)
  .option("--seed <number>", "what the scenarios are generated from", Number, Date.now() % 2 ** 31)
  .option("--folder <path>", "the corpus", "packages/testing/corpus")
  .parse()
  .opts<{ minutes: number; seed: number; folder: string }>();

/** Pairs of steps, with the role: what the state of an endpoint has been through. */
function pairsOf({ setting }: Scenario, { transcript }: Played): string[] {
  const words = transcript.map((line) => {
    const [word, rule] = line.split(/[ :]/);
    return word === "violation" ? rule! : line.endsWith("end-write") ? "ends" : word!;
  });
  return words.map((_, at) => [setting.role, setting.from, ...words.slice(at, at + 2)].join(" "));
}

const coverage = new CoreCoverage("/packages/core/dist/");
const knownPairs = new Set<string>();
const corpus: Scenario[] = [];
const files = new Map<string, { readonly text: string; readonly summary: string }>();

function hasNewPair(scenario: Scenario, played: Played): boolean {
  return pairsOf(scenario, played).some((pair) => !knownPairs.has(pair));
}

function keep(scenario: Scenario): void {
  coverage.skip();
  const played = playScenario(scenario);
  coverage.take(true);
  for (const pair of pairsOf(scenario, played)) knownPairs.add(pair);
  corpus.push(scenario);
  const hash = createHash("sha1").update(formatScenario(scenario)).digest("hex").slice(0, 6);
  files.set(nameOf(scenario, played, hash), {
    text: fileOf(scenario, played),
    summary: summaryOf(scenario, played),
  });
}

/** The reasons to keep a scenario. */
interface Worth {
  /** Characters of core that ran for the first time. */
  readonly fresh: number;
  /** Pairs of steps that are new. */
  readonly pairs: number;
}

/** @param looks look at the coverage too, which takes a hundred times as long. */
function worthOf(scenario: Scenario, looks: boolean): Worth {
  if (looks) coverage.skip();
  const played = playScenario(scenario);
  const fresh = looks ? coverage.take(false) : 0;
  const pairs = pairsOf(scenario, played).filter((pair) => !knownPairs.has(pair));
  return { fresh, pairs: new Set(pairs).size };
}

/** The smallest scenario found that is worth as much. */
function shrunk(scenario: Scenario, worth: Worth): Scenario {
  const looks = worth.fresh > 0;
  const mostAttempts = looks ? MOST_LOOKS : MOST_ATTEMPTS;
  let best = scenario;
  let attempts = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smaller(best)) {
      attempts += 1;
      if (attempts > mostAttempts) return best;
      const its = worthOf(candidate, looks);
      if (its.fresh < worth.fresh || its.pairs < worth.pairs) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

mkdirSync(options.folder, { recursive: true });
const known = readdirSync(options.folder).filter((name) => name.endsWith(".txt"));
// The short files first: a file that adds nothing to shorter ones leaves the corpus.
const texts = known.map((name) => readFileSync(join(options.folder, name), "utf8"));
for (const text of texts.sort((one, other) => one.length - other.length)) {
  const scenario = parseScenario(text);
  const worth = worthOf(scenario, true);
  if (worth.fresh > 0 || worth.pairs > 0) keep(scenario);
}
const before = known.length;

const endsAt = performance.now() + options.minutes * 60_000;
let runs = 0;
let failures = 0;
while (performance.now() < endsAt && failures === 0) {
  coverage.skip();
  const batch: Scenario[] = [];
  const candidates = new Set<Scenario>();
  for (let count = 0; count < BATCH; count += 1) {
    const scenario = nextScenario(seededSource(options.seed, runs), corpus);
    runs += 1;
    batch.push(scenario);
    const played = playScenario(scenario);
    if (played.difference !== null) {
      const { difference } = played;
      failures += 1;
      console.log(
        describeFailure({ scenario, difference }, "pnpm fuzz --file FILE, with these lines"),
      );
      break;
    }
    if (hasNewPair(scenario, played)) candidates.add(scenario);
  }
  const looks = coverage.take(false) > 0;
  if (looks) for (const scenario of batch) candidates.add(scenario);
  for (const scenario of candidates) {
    const worth = worthOf(scenario, looks);
    if (worth.fresh > 0 || worth.pairs > 0) keep(shrunk(scenario, worth));
  }
}

for (const name of known) rmSync(join(options.folder, name));
for (const [name, { text }] of files) writeFileSync(join(options.folder, name), text);
const index = indexOf([...files].map(([name, { summary }]) => [name, summary]));
writeFileSync(join(options.folder, "README.md"), index);
console.log(
  `${runs} scenarios with seed ${options.seed}; the corpus had ${before} files and has ${files.size}; ` +
    `${coverage.characters} characters of core ran, and ${knownPairs.size} pairs of steps were told`,
);
process.exitCode = failures === 0 ? 0 : 1;
