/**
 * pnpm test:mutations [NAME...]: plants each fault, or those that are named, and wants a law to catch it. Writes the rows of
 * these faults in the table of docs/laws.md.
 */
import { availableParallelism } from "node:os";
import { type Fault, PatchError } from "./fault.ts";
import { allFaults, planted } from "./faults.ts";
import { openCourt, type Verdict } from "./judging.ts";
import { lawNames } from "./law-names.ts";
import { rowOf, writeTable } from "./table.ts";

/** The result of a fault. */
interface Outcome {
  readonly fault: Fault;
  /** The law that caught the fault; null when no law did. */
  readonly caught: Verdict | null;
  /** Why the fault could not be planted; null when it was. */
  readonly misfit: string | null;
}

const names = process.argv.slice(2);
const known = lawNames();
const all = allFaults();
const faults = chosen();

function chosen(): Fault[] {
  for (const name of names) {
    if (all.some((fault) => fault.name === name)) continue;
    console.error(
      `there is no fault ${name}; the faults are the files in packages/mutations/faults`,
    );
    process.exit(2);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

const soundSources = openCourt(new Map());
const sound = new Map<string, Promise<void>>();

/** The sources without any fault keep the law: otherwise the law would catch faults that are not there. */
function requireSound(law: string): Promise<void> {
  const known = sound.get(law);
  if (known !== undefined) return known;
  const asked = judgeSound(law);
  sound.set(law, asked);
  return asked;
}

async function judgeSound(law: string): Promise<void> {
  const [verdict] = await (await soundSources).judge([law]);
  if (verdict!.isKept) return;
  console.error(`the sources break ${law} without any fault:\n${verdict!.message}`);
  process.exit(1);
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
    const caught = verdicts.find(({ isKept }) => !isKept) ?? null;
    if (caught !== null) await requireSound(caught.law);
    return { fault, caught, misfit: null };
  } catch (error) {
    return { fault, caught: null, misfit: `${fault.name}: ${String(error)}` };
  } finally {
    court.close();
  }
}

/** The fault is caught, or its patch says why no law catches it yet. */
function isSettled({ fault, caught }: Outcome): boolean {
  return caught !== null || fault.open !== "";
}

function tell({ fault, caught, misfit }: Outcome): void {
  if (misfit !== null) console.log(`MISFIT    ${misfit}`);
  else if (caught === null && fault.open !== "") {
    console.log(`open      ${fault.name}: ${fault.open}`);
  } else if (caught === null)
    console.log(`NOT FOUND ${fault.name}: ${fault.what}; no law is broken`);
  else {
    console.log(`caught    ${fault.name}: ${caught.law}, ${caught.size}`);
    if (fault.open !== "")
      console.log(`          remove the line "Open: ..." of ${fault.name}.patch`);
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
      if (outcome.misfit === null && isSettled(outcome)) {
        writeTable(all, new Map([[outcome.fault, rowOf(outcome.fault, outcome.caught)]]));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return outcomes;
}

const start = Date.now();
const outcomes = await tryAll();
(await soundSources).close();
const caught = outcomes.filter((outcome) => outcome.caught !== null);
const seconds = ((Date.now() - start) / 1_000).toFixed(0);
console.log(`\n${caught.length} of ${faults.length} faults are caught by a law, in ${seconds} s`);
if (!outcomes.every((outcome) => outcome.misfit === null && isSettled(outcome))) {
  console.log(
    "A fault that no law catches is a hole in the laws: make a law sharper, and leave the fault.",
  );
  process.exitCode = 1;
}
