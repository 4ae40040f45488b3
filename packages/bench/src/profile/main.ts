/** `pnpm bench:profile`: where the time of our engine, or of our server, goes in a case of the bench. On Node only. */
import { Command } from "commander";
import { startChild } from "../child-process.ts";
import { caseNamed as echoCaseNamed } from "../echo/cases.ts";
import { profileOf } from "../echo/throughput.ts";
import { caseNamed as engineCaseNamed } from "../engine/cases.ts";
import type { MeasureCalls } from "../engine/measure-process.ts";
import { OURS } from "../engine/subject-names.ts";
import { type Program, programNamed } from "../programs.ts";
import { aligned } from "../report.ts";
import type { Share } from "./profiler.ts";

/** ms of CPU or of load that a profile is taken over: 15,000 samples. */
const DURATION = 3_000;

/** The cases of the targets. */
const CASES: readonly string[] = [
  "engine/in/binary/16",
  "engine/echo/binary/16",
  "engine/single/64",
  "engine/in/binary/1Ki",
  "engine/in/ascii/16",
  "echo/100x1x64",
  "echo/100x16x64",
  "echo/8x1x64KiB",
  "echo/1x1x1MiB",
  "broadcast/1000x1KiB",
];

interface Flags {
  readonly only: readonly string[];
  readonly runtime: string;
  readonly top: string;
}

const command = new Command("pnpm bench:profile")
  .description(
    "Prints the functions in which our code spends its time, by samples of Node's inspector.",
  )
  .option("--only <case...>", "cases of the bench", CASES as string[])
  .option("--runtime <name>", "node, or another release of Node: node@26", "node")
  .option("--top <number>", "so many functions of each case", "12")
  .parse();

async function engineProfile(program: Program, caseName: string): Promise<Share[]> {
  const url = new URL("../engine/measure-process.js", import.meta.url);
  const child = startChild<MeasureCalls>(url, program);
  try {
    await child.call("warmUp", caseName, OURS);
    return await child.call("profile", DURATION * 1_000_000);
  } finally {
    child.stop();
  }
}

async function profile(program: Program, wanted: string): Promise<Share[]> {
  const [part, ...rest] = wanted.split("/");
  const caseName = rest.join("/");
  if (part === "engine") {
    engineCaseNamed(caseName);
    return await engineProfile(program, caseName);
  }
  if (part === "echo" || part === "broadcast") {
    return await profileOf(program, echoCaseNamed(caseName), DURATION);
  }
  throw new Error(`no case ${wanted}: engine/…, echo/… or broadcast/…, as in pnpm bench --help`);
}

const flags = command.opts<Flags>();
const program = programNamed(flags.runtime);
if (program.runtime !== "node") command.error("only Node has the inspector that takes the samples");

for (const wanted of flags.only) {
  const shares = await profile(program, wanted);
  console.log(`\n${wanted}, ${program.label} ${program.version}\n`);
  const top = shares.slice(0, Number(flags.top));
  const rest = shares.slice(top.length).reduce((sum, { share }) => sum + share, 0);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const rows = top.map(({ place, share }) => [percent(share), place]);
  console.log(aligned([...rows, [percent(rest), "all others"]]));
}
