/** The program of this example: which faults the laws find in the naive parser, and how they are reported. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { naive } from "../src/binding.ts";
import { type FoundFault, faultsOf } from "../src/faults.ts";

const EXPECTED = [
  "no bytes make it throw",
  "the cutting of the stream makes no difference",
  "rule: reserved bit",
  "rule: reserved opcode",
  "rule: fragmented control frame",
  "rule: long control frame",
  "rule: missing mask",
  "rule: stray continuation",
  "rule: interleaved message",
  "rule: length not minimal",
  "rule: length with top bit",
  "rule: message too big",
  "rule: text not UTF-8",
  "rule: close body of one byte",
  "rule: close code",
  "rule: close reason not UTF-8",
  "everything, right and wrong",
];

const MINUTES = 240_000;

describe("the laws find in a parser of 44 lines", () => {
  let faults: readonly FoundFault[] = [];

  beforeAll(() => {
    faults = faultsOf(naive, 1);
  }, MINUTES);

  test("17 faults", () => {
    expect(faults.map(({ what }) => what)).toEqual(EXPECTED);
  });

  test.each(EXPECTED)("%s, with a report that a person can read", (what) => {
    const { report } = faults.find((fault) => fault.what === what)!;
    expect(report).toMatch(/^\w+Law does not hold of the naive parser: /);
    expect(report).toMatch(/^0000 {2}[0-9a-f]{2} .*(FIN|more follows)/m);
    expect(report).toMatch(
      /To try this input again: \w+Law\(\.\.\., \{ seed: 1, path: "[\d:]+" \}\)$/,
    );
    expect(report.split("\n").length, report).toBeLessThan(25);
  });
});

test("the program prints them, and counts them", { timeout: MINUTES }, async () => {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, "7"], { timeout: MINUTES });
  for (const what of EXPECTED) expect(stdout).toContain(`### ${what}\n`);
  expect(stdout).toMatch(/\n17 laws and rules are broken by the naive parser \(seed 7\)\n$/);
});

test("a seed that is none is refused", { timeout: MINUTES }, async () => {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  await expect(promisify(execFile)(process.execPath, [main, "x"])).rejects.toMatchObject({
    code: 1,
    stderr: "x is no seed: give a whole number\n",
  });
});

test("the README shows the binding as it is", () => {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
  const [, block] = /```ts\n([\s\S]*?)```/.exec(read("../README.md"))!;
  expect(block).toBe(read("../src/binding.ts"));
});
