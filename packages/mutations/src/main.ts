/**
 * pnpm test:mutations [NAME...]: plants each fault, and wants a law to catch it. Without names all faults are planted, and
 * the table of docs/laws.md is written.
 */
import { availableParallelism } from "node:os";
import { type Fault, PatchError } from "./fault.ts";
import { allFaults, planted } from "./faults.ts";
import { openCourt, type Verdict } from "./judging.ts";
import { lawNames } from "./law-names.ts";
import { rowOf, writeTable } from "./table.ts";

/** What became of a fault. */
interface Outcome {
  readonly fault: Fault;
  /** The law that caught the fault; null when no law did. */
  readonly caught: Verdict | null;
  /** Why the fault could not be planted; null when it was. */
  readonly misfit: string | null;
}

const names = process.argv.slice(2);
const known = lawNames();
const faults = chosen(allFaults());

function chosen(all: Fault[]): Fault[] {
  for (const name of names) {
    if (all.some((fault) => fault.name === name)) continue;
    console.error(
      `there is no fault ${name}; the faults are the files in packages/mutations/faults`,
    );
    process.exit(2);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

/** The sources without any fault keep every law: otherwise a law would catch faults that are not there. */
async function requireSoundSources(): Promise<void> {
  const court = await openCourt(new Map());
  try {
    const broken = (await court.judge(known)).find(({ isKept }) => !isKept);
    if (broken === undefined) return;
    console.error(`the sources break ${broken.law} without any fault:\n${broken.message}`);
    process.exit(1);
  } finally {
    court.close();
  }
}

async function tryFault(fault: Fault): Promise<Outcome> {
  for (const law of fault.laws) {
    if (known.includes(law)) continue;
    const misfit = `${fault.name}.patch names ${law}, and there is no such law; the laws are ${known.join(", ")}`;
    return { fault, caught: null, misfit };
  }
  let files: Map<string, string>;
  try {
    files = planted(fault);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    return { fault, caught: null, misfit: error.message };
  }
  const court = await openCourt(files);
  try {
    const others = known.filter((law) => !fault.laws.includes(law));
    const verdicts = await court.judge([...fault.laws, ...others]);
    return { fault, caught: verdicts.find(({ isKept }) => !isKept) ?? null, misfit: null };
  } finally {
    court.close();
  }
}

function tell({ fault, caught, misfit }: Outcome): void {
  if (misfit !== null) console.log(`MISFIT    ${misfit}`);
  else if (caught === null) console.log(`NOT FOUND ${fault.name}: ${fault.what}; no law is broken`);
  else {
    console.log(`caught    ${fault.name}: ${caught.law}, ${caught.size}`);
    if (names.length > 0) console.log(caught.message.replace(/^/gm, "          "));
  }
}

async function tryAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < faults.length) {
      const index = next;
      next += 1;
      const outcome = await tryFault(faults[index]!);
      outcomes[index] = outcome;
      tell(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return outcomes;
}

const start = Date.now();
await requireSoundSources();
const outcomes = await tryAll();
const caught = outcomes.filter((outcome) => outcome.caught !== null);
const seconds = ((Date.now() - start) / 1_000).toFixed(0);
console.log(`\n${caught.length} of ${faults.length} faults are caught by a law, in ${seconds} s`);
if (caught.length < faults.length) {
  console.log(
    "A fault that no law catches is a hole in the laws: make a law sharper, and leave the fault.",
  );
  process.exitCode = 1;
} else if (names.length === 0) {
  writeTable(caught.map(({ fault, caught: verdict }) => rowOf(fault, verdict!)));
}
