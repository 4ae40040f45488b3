/**
 * The patches of `faults/` against today's sources, and the table of docs/laws.md against the patches. That each fault is
 * caught takes minutes, and is for `pnpm test:mutations` to say.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allFaults, planted } from "../src/faults.ts";
import { lawNames } from "../src/law-names.ts";
import { describeFault, PAGE, rowsOfPage } from "../src/table.ts";

const FAULTS = allFaults();
const LAWS = lawNames();

test("there are faults and laws", () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(45);
  expect(LAWS.length).toBeGreaterThanOrEqual(20);
});

describe.each(FAULTS)("the fault $name", (fault) => {
  test("fits today's source at one place", () => {
    expect(planted(fault).size).toBeGreaterThan(0);
  });

  test("names laws that there are", () => {
    expect(fault.laws.filter((law) => !LAWS.includes(law))).toEqual([]);
  });
});

describe("the table of docs/laws.md", () => {
  const rows = rowsOfPage(readFileSync(PAGE, "utf8"));

  test("has a row for each fault, in the words of the patch: run pnpm test:mutations", () => {
    const wanted = FAULTS.map((fault) => [describeFault(fault), fault.section]);
    expect(rows.map(([what, section]) => [what, section])).toEqual(wanted);
  });

  test("names a law that there is in each row, or why no law catches the fault yet", () => {
    const named = rows
      .map(([, , law = ""]) => law.replaceAll("`", ""))
      .filter((law) => !law.startsWith("none yet: "));
    expect(named.filter((law) => !LAWS.includes(law))).toEqual([]);
  });
});
