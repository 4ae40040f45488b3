/** `pnpm fuzz`: core against the reference model, by the million. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { SingleBar } from "cli-progress";
import { Command, InvalidArgumentError } from "commander";
import { MODEL_RULES } from "../src/model/rules.ts";
import { duel } from "./duel.ts";
import { createDuelHost } from "./duel-host.ts";
import { describeFailure } from "./failure.ts";
import type { Scenario } from "./scenario.ts";
import { parseScenario } from "./scenario-text.ts";
import { randomScenario } from "./scenarios.ts";
import { seededSource } from "./seeded.ts";
import type { Batch, BatchReport } from "./worker.ts";

const BATCH_RUNS = 1_000;

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} on.`);
  };
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("Give a number above 0.");
}

interface Options {
  readonly runs?: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly path?: number;
  readonly file?: string;
  readonly workers: number;
}

const command = new Command("pnpm fuzz")
  .description("Plays generated scenarios on core and on the reference model, and compares them.")
  .option("--runs <count>", "scenarios to play; default 100,000", wholeNumber(1))
  .option("--minutes <time>", "play for so long, in place of a number of runs", positive)
  .option(
    "--seed <number>",
    "what the scenarios are generated from; default: a new one",
    wholeNumber(0),
  )
  .option(
    "--path <number>",
    "play only this scenario of the seed, as a failure prints it",
    wholeNumber(0),
  )
  .option("--file <path>", "play only the scenario of this file")
  .option("--workers <count>", "threads", wholeNumber(1), availableParallelism())
  .addHelpText(
    "after",
    "\nA failure prints a scenario, shrunk, and the command that plays it again.",
  );

/** How often each rule was broken, the most frequent first, three on a line. */
function rulesTable(rules: ReadonlyMap<string, number>, isWhole: boolean): string {
  const cells = [...rules]
    .sort(([, one], [, other]) => other - one)
    .map(([rule, count]) => `${String(count).padStart(9)}  ${rule.padEnd(30)}`);
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 3) lines.push(cells.slice(at, at + 3).join(""));
  if (!isWhole) return lines.join("\n");
  const never = MODEL_RULES.filter((rule) => !rules.has(rule));
  return `${lines.join("\n")}\nnever broken: ${never.join(", ") || "none"}`;
}

function playOne(scenario: Scenario, replay: string): number {
  const { difference, rule } = duel(scenario, createDuelHost());
  if (difference === null) {
    console.log(`core and the model agree${rule === null ? "" : `; the peer broke ${rule}`}`);
    return 0;
  }
  console.log(describeFailure({ scenario, difference }, replay));
  return 1;
}

async function playMany(seed: number, options: Options): Promise<number> {
  const { minutes, workers } = options;
  const wanted = options.runs ?? (minutes === undefined ? 100_000 : Number.POSITIVE_INFINITY);
  const startedAt = performance.now();
  const endsAt = minutes === undefined ? Number.POSITIVE_INFINITY : startedAt + minutes * 60_000;
  const rules = new Map<string, number>();
  let given = 0;
  let runs = 0;
  let failedPath: number | null = null;
  const isCounted = Number.isFinite(wanted);
  const bar = new SingleBar({
    format: `{bar} {value}${isCounted ? "/{total}" : ""} runs, {speed} per second, seed ${seed}`,
    noTTYOutput: false,
    clearOnComplete: true,
  });
  bar.start(isCounted ? wanted : 0, 0, { speed: "?" });

  const nextBatch = (): Batch | null => {
    if (failedPath !== null || given >= wanted || performance.now() >= endsAt) return null;
    const from = given;
    given = Math.min(wanted, given + BATCH_RUNS);
    return { seed, from, to: given };
  };
  const threads = Array.from({ length: workers }, () => {
    const worker = new Worker(fileURLToPath(new URL("worker.mjs", import.meta.url)));
    return new Promise<void>((resolve, reject) => {
      const goOn = (): void => {
        const batch = nextBatch();
        if (batch !== null) worker.postMessage(batch);
        else worker.terminate().then(() => resolve(), reject);
      };
      worker.on("error", reject);
      worker.on("message", (report: BatchReport) => {
        runs += report.runs;
        for (const [rule, count] of Object.entries(report.rules)) {
          rules.set(rule, (rules.get(rule) ?? 0) + count);
        }
        if (report.failedPath !== null) {
          failedPath = Math.min(failedPath ?? report.failedPath, report.failedPath);
        }
        const speed = Math.round((runs * 1_000) / (performance.now() - startedAt));
        bar.update(isCounted ? runs : 0, { speed, value: runs });
        goOn();
      });
      goOn();
    });
  });
  await Promise.all(threads);
  bar.stop();
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(rulesTable(rules, failedPath === null));
  console.log(
    `${runs} runs in ${seconds.toFixed(1)} s, ${Math.round(runs / seconds)} per second on ${workers} threads, seed ${seed}`,
  );
  if (failedPath === null) {
    console.log("core and the model agree on all of them");
    return 0;
  }
  return playOne(randomScenario(seededSource(seed, failedPath)), replayOf(seed, failedPath));
}

function replayOf(seed: number, path: number): string {
  return `pnpm fuzz --seed ${seed} --path ${path}`;
}

async function main(): Promise<number> {
  const options = command.parse().opts<Options>();
  const { file, path } = options;
  if (file !== undefined) {
    return playOne(parseScenario(readFileSync(file, "utf8")), `pnpm fuzz --file ${file}`);
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  if (path === undefined) return playMany(seed, options);
  return playOne(randomScenario(seededSource(seed, path)), replayOf(seed, path));
}

process.exitCode = await main();
