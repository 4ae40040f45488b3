/** The table of the faults in docs/laws.md, between two markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "./fault.ts";
import { ROOT } from "./faults.ts";
import type { Verdict } from "./judging.ts";

/** The page that has the table. */
export const PAGE: string = join(ROOT, "docs/laws.md");
const BEGIN = "<!-- faults: written by pnpm test:mutations -->";
const END = "<!-- end of faults -->";

/** The cells of a row: what is wrong, the rule, the law that caught it, the size of the counterexample. */
export type Row = readonly [what: string, section: string, law: string, size: string];

export function rowOf(fault: Fault, verdict: Verdict): Row {
  const what =
    fault.once === "" ? fault.what : `${fault.what} (once in the product: ${fault.once})`;
  return [what, fault.section, `\`${verdict.law}\``, verdict.size];
}

const HEAD: readonly string[] = [
  "| fault | rule | caught by | counterexample |",
  "| --- | --- | --- | --- |",
];

/** The rows of the page, without the two lines of the head. */
export function rowsOfPage(page: string): string[][] {
  const lines = page.slice(page.indexOf(BEGIN), page.indexOf(END)).split("\n");
  return lines
    .filter((line) => line.startsWith("| ") && !HEAD.includes(line))
    .map((line) => line.slice(2, -2).split(" | "));
}

export function writeTable(rows: readonly Row[]): void {
  const page = readFileSync(PAGE, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end === -1) {
    throw new Error(`docs/laws.md has lost one of its lines "${BEGIN}" and "${END}"`);
  }
  const table = [...HEAD, ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n${table}\n${page.slice(end)}`);
}
