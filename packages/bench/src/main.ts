/** `pnpm bench`: all parts, or those of `--only`, on the runtimes of `--runtime`; see `--help`. */

import { createRequire } from "node:module";
import { cpus } from "node:os";
import { Command } from "commander";
import ora from "ora";
import { deflateMemory } from "./deflate/memory.ts";
import { deflate } from "./deflate/part.ts";
import { broadcast, echo } from "./echo/part.ts";
import { engine } from "./engine/part.ts";
import { handshake } from "./handshake/part.ts";
import { kernels } from "./kernels/part.ts";
import { loading } from "./loading/part.ts";
import { memory } from "./memory/part.ts";
import type { Part } from "./part.ts";
import { type Program, programNamed, RELEASE_OF_NODE } from "./programs.ts";
import { aligned, missedIn, tableOfDetails, tableOfRows, tableOfTargets } from "./report.ts";
import {
  mergeResults,
  type PartResult,
  type Results,
  readResults,
  writeResults,
} from "./results.ts";
import { size } from "./size/part.ts";

const PARTS: readonly Part[] = [
  size,
  kernels,
  engine,
  echo,
  broadcast,
  handshake,
  loading,
  memory,
  deflate,
  deflateMemory,
];
const RUNTIMES = ["node", RELEASE_OF_NODE, "deno", "bun"];

interface Flags {
  readonly only?: readonly string[];
  readonly runtime?: readonly string[];
  readonly quick: boolean;
  readonly json?: string | true;
}

const command = new Command("pnpm bench")
  .description(
    "Measures sansocket against its peers, all in one run: candidates take turns, and each figure is a median.",
  )
  .option("--only <part...>", `a part, or a case of it ("echo/100x1x64")`)
  .option("--runtime <name...>", `of ${RUNTIMES.join(", ")}, or another release of Node`)
  .option("--quick", "one short round of each, to see that everything works", false)
  .option("--json [file]", "prints an object; with a file, merges the object into the file")
  .addHelpText(
    "after",
    `\nParts:\n${PARTS.map(
      ({ name, measures, cases }) =>
        `  ${name.padEnd(14)} ${measures}${cases.length === 0 ? "" : `\n    ${cases.join(", ")}`}`,
    ).join("\n")}`,
  )
  .parse();

const flags = command.opts<Flags>();

function selectedParts(): Part[] {
  const { only } = flags;
  if (only === undefined) return [...PARTS];
  for (const wanted of only) {
    const [partName, ...caseName] = wanted.split("/");
    const part = PARTS.find(({ name }) => name === partName);
    if (part === undefined) return command.error(`no part ${partName}; see --help`);
    if (caseName.length > 0 && !part.cases.includes(caseName.join("/"))) {
      command.error(`no case ${wanted}; ${partName} has ${part.cases.join(", ")}`);
    }
  }
  return PARTS.filter(({ name }) => only.some((wanted) => wanted.split("/")[0] === name));
}

function wants(partName: string, caseName: string): boolean {
  return (
    flags.only === undefined ||
    flags.only.some((wanted) => wanted === partName || wanted === `${partName}/${caseName}`)
  );
}

const spinner = ora({ stream: process.stderr, interval: 1_000, discardStdin: false });

/** A runtime that cannot be had is left out, and the run says so. */
function programs(): Program[] {
  const found: Program[] = [];
  for (const name of flags.runtime ?? RUNTIMES) {
    try {
      const program = programNamed(name);
      if (!found.some(({ label }) => label === program.label)) found.push(program);
    } catch (error) {
      if (flags.runtime !== undefined) throw error;
      spinner.warn(`${name} is not measured: ${error}`);
    }
  }
  return found;
}

function versions(measured: readonly Program[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  const ofPackage = (name: string): string =>
    (require(`${name}/package.json`) as { version: string }).version;
  return Object.fromEntries([
    ...measured.map(({ label, version }) => [label, version]),
    ...["ws", "bufferutil", "websocket-driver"].map((name) => [name, ofPackage(name)]),
  ]);
}

function machine(): string {
  const processors = cpus();
  return `${process.platform} ${process.arch}, ${processors.length} x ${processors[0]?.model.trim()}`;
}

/** The parts that could not be measured; the rest of the run goes on. */
const failures: string[] = [];

async function runPart(part: Part, measured: readonly Program[]): Promise<Results> {
  const { rows, details } = await part.run({
    programs: measured,
    isQuick: flags.quick,
    wants: (caseName) => wants(part.name, caseName),
    tell: (progress) => {
      spinner.text = `${part.name}: ${progress}`;
    },
  });
  const about: PartResult = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    versions: versions(measured),
    isQuick: flags.quick,
  };
  return { parts: { [part.name]: about }, rows, details: { [part.name]: details } };
}

async function run(): Promise<Results> {
  const measured = programs();
  let all: Results = { parts: {}, rows: [], details: {} };
  for (const part of selectedParts()) {
    const began = Date.now();
    spinner.start(part.name);
    for (const some of part.isPerRuntime ? measured.map((program) => [program]) : [measured]) {
      try {
        const results = await runPart(part, some);
        all = mergeResults(all, results);
        // Bit by bit: what is measured is not lost when something fails later.
        if (typeof flags.json === "string") save(results);
      } catch (error) {
        const where = part.isPerRuntime ? ` on ${some[0]!.label}` : "";
        failures.push(`${part.name}${where}: ${describeError(error)}`);
      }
    }
    spinner.succeed(`${part.name}: ${Math.round((Date.now() - began) / 1_000)} s`);
  }
  return all;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? error.message
    : `${error.message}: ${describeError(error.cause)}`;
}

function save(results: Results): void {
  const path = flags.json as string;
  writeResults(path, mergeResults(readResults(path), results));
}

function print(results: Results): void {
  const about = Object.values(results.parts);
  const { date, machine } = about[0]!;
  const measured = Object.assign({}, ...about.map(({ versions }) => versions)) as object;
  const programs = Object.entries(measured).map(([name, version]) => `${name} ${version}`);
  console.log(`${date}, ${machine}\n${programs.join(", ")}\n`);
  console.log(`${aligned(tableOfRows(results.rows))}\n`);
  for (const [part, details] of Object.entries(results.details)) {
    if (details.length > 0) console.log(`${part}\n${aligned(tableOfDetails(details))}\n`);
  }
  console.log(`${aligned(tableOfTargets(results.rows, flags.only === undefined))}\n`);
  const missed = missedIn(results);
  const compared = results.rows.filter(({ target }) => target !== null).length;
  console.log(`${compared - missed.length} of ${compared} rows with a target reach it`);
}

const results = await run();
if (flags.json === true) console.log(JSON.stringify(results, null, 2));
else if (results.rows.length > 0 || failures.length === 0) print(results);
for (const failure of failures) spinner.fail(failure);
if (failures.length > 0) process.exitCode = 1;
