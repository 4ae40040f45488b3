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

/** @param verdict null for a fault that no law catches yet. */
export function rowOf(fault: Fault, verdict: Verdict | null): Row {
  if (verdict === null) return [describeFault(fault), fault.section, `none yet: ${fault.open}`, ""];
  return [describeFault(fault), fault.section, `\`${verdict.law}\``, verdict.size];
}

/** The planted mistake, and the report of it where there was one. */
export function describeFault({ what, once }: Fault): string {
  return once === "" ? what : `${what} (once in the product: ${once})`;
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

/** Writes these rows, in the order of `faults`. A fault without a new row keeps the row that it has, if it has one. */
export function writeTable(faults: readonly Fault[], written: ReadonlyMap<Fault, Row>): void {
  const page = readFileSync(PAGE, "utf8");
  const old = rowsOfPage(page);
  const rows = faults.flatMap((fault) => {
    const row = written.get(fault) ?? old.find(([what]) => what === describeFault(fault));
    return row === undefined ? [] : [row];
  });
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end === -1) {
    throw new Error(`docs/laws.md has lost one of its lines "${BEGIN}" and "${END}"`);
  }
  const table = [...HEAD, ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
  writeFileSync(PAGE, `${page.slice(0, begin)}${BEGIN}\n${table}\n${page.slice(end)}`);
}
