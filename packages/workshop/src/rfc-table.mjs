/**
 * Every rule of RFC 6455 §4 to §10 has one row in docs/rfc6455.md, every rule of RFC 7692 §4 to §8 one in docs/rfc7692.md, and
 * what the row claims is so: the file exists, and so does the test, by the title that vitest lists for it. Skipped tests are
 * not listed: they prove nothing. That the tests pass is for `pnpm test` to say. With an RFC (`--rfc FILE`) it also extracts the
 * rules anew and compares them with docs/rfc….-musts.json.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { documentOf, extractMusts, formatMusts, RFC_DOCUMENTS } from "./rfc-musts.mjs";
import { ROOT } from "./root.mjs";

/** Files are named from here: every rule that is ours is the engine's. */
const SOURCE_FOLDER = "packages/core/src";
/** Parts several files, or several tests, in one cell. */
const SEPARATOR = " · ";
const NOT_OURS = "not ours:";
/** In place of a test that is still to be written. */
const TODO = "TODO";

/**
 * @typedef {import("./rfc-musts.mjs").Rule} Rule
 * @typedef {{ place: string, id: string, rule: string, whose: string, file: string, test: string }} Row
 *   place: where the row stands, as an editor would open it
 */

/**
 * The rows of all tables in the file. Cells are read as they are written: a title is compared, not rendered.
 * @param {string} tableFile
 * @param {string} markdown
 * @returns {{ rows: Row[], problems: string[] }}
 */
export function readRows(tableFile, markdown) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {string[]} */
  const problems = [];
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    if (!line.startsWith("|")) continue;
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    const isHead = cells[1] === "id" || /^[:-]+$/.test(cells[1] ?? "");
    if (isHead) continue;
    const place = `${tableFile}:${index + 1}`;
    // The text before the first bar and behind the last is empty.
    if (cells.length !== 7 || cells[0] !== "" || cells[6] !== "") {
      problems.push(
        `${place}: a row has 5 cells (id, rule, whose, file, test), this one ${cells.length - 2}`,
      );
      continue;
    }
    const [, id = "", rule = "", whose = "", file = "", test = ""] = cells;
    rows.push({ place, id, rule, whose, file, test });
  }
  return { rows, problems };
}

/**
 * @param {string} tableFile
 * @param {Rule[]} rules
 * @param {string} markdown
 * @param {{ testNames: Iterable<string>, fileExists: (path: string) => boolean }} repository
 *   testNames: "title" or "describe > title", as vitest lists them
 * @returns {{ problems: string[], summary: string }}
 */
export function judgeTable(tableFile, rules, markdown, repository) {
  const { rows, problems } = readRows(tableFile, markdown);
  const titles = new Set();
  for (const name of repository.testNames) {
    // The describes around a test may be named or left out.
    const parts = name.split(" > ");
    for (const index of parts.keys()) titles.add(parts.slice(index).join(" > "));
  }
  const rulesById = new Map(rules.map((rule) => [rule.id, rule]));
  const placesById = new Map();
  const count = { proven: 0, notOurs: 0 };
  for (const row of rows) {
    const faults = [];
    if (!rulesById.has(row.id)) faults.push(`no rule of the RFC has the id "${row.id}"`);
    if (placesById.has(row.id)) faults.push(`has a row already, ${placesById.get(row.id)}`);
    placesById.set(row.id, row.place);
    if (row.rule === "") faults.push("does not say what the rule is");
    if (row.whose === "ours") {
      faults.push(...faultsOfFiles(row, repository.fileExists), ...faultsOfTests(row, titles));
      if (faults.length === 0) count.proven += 1;
    } else if (row.whose.startsWith(NOT_OURS)) {
      if (row.whose === NOT_OURS) faults.push("gives no reason why it is not ours");
      if (row.file !== "" || row.test !== "")
        faults.push("is not ours, and yet names a file or a test");
      if (faults.length === 0) count.notOurs += 1;
    } else {
      faults.push(`says "${row.whose}", which is neither "ours" nor "${NOT_OURS} reason"`);
    }
    for (const fault of faults) problems.push(`${row.place}: ${row.id}: ${fault}`);
  }
  for (const { id, line, sentence } of rules) {
    if (!placesById.has(id))
      problems.push(`${tableFile}: ${id} has no row: "${sentence}" (line ${line} of the RFC)`);
  }
  const summary = `${rules.length} rules: ${count.proven} ours and proven, ${count.notOurs} not ours`;
  return { problems, summary };
}

/**
 * @param {Row} row
 * @param {(path: string) => boolean} fileExists
 */
function faultsOfFiles(row, fileExists) {
  if (row.file === "") return ["is ours, but no file obeys it"];
  return row.file
    .split(SEPARATOR)
    .map((file) => `${SOURCE_FOLDER}/${file.replaceAll("`", "")}`)
    .filter((path) => !fileExists(path))
    .map((path) => `there is no file ${path}`);
}

/**
 * @param {Row} row
 * @param {ReadonlySet<string>} titles
 */
function faultsOfTests(row, titles) {
  if (row.test === "" || row.test === TODO) return ["is ours, but no test proves it yet"];
  return row.test
    .split(SEPARATOR)
    .filter((title) => !titles.has(title))
    .map((title) => `no test has the title "${title}"`);
}

/**
 * Rules that the file does not have as the RFC has them.
 * @param {string} mustsFile
 * @param {readonly Rule[]} stored
 * @param {readonly Rule[]} extracted
 */
export function compareRules(mustsFile, stored, extracted) {
  const storedById = new Map(stored.map((rule) => [rule.id, JSON.stringify(rule)]));
  const extractedById = new Map(extracted.map((rule) => [rule.id, JSON.stringify(rule)]));
  const ids = new Set([...storedById.keys(), ...extractedById.keys()]);
  return [...ids]
    .filter((id) => storedById.get(id) !== extractedById.get(id))
    .map((id) => {
      const [has, wants] = [storedById.get(id) ?? "nothing", extractedById.get(id) ?? "nothing"];
      return `${mustsFile}: ${id} is ${has}, in the RFC ${wants}`;
    });
}

/**
 * Of every test of a package, table-driven ones expanded. Vitest loads the test files for it, and runs nothing.
 * @param {string} testedPackage
 * @returns {string[]}
 */
function listTests(testedPackage) {
  const start = Date.now();
  console.log(`listing the tests of ${testedPackage}: vitest loads each file once, some seconds`);
  const folder = mkdtempSync(join(tmpdir(), "sansocket-tests-"));
  try {
    const list = join(folder, "tests.json");
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const run = spawnSync(process.execPath, [vitest, "list", `--json=${list}`], {
      cwd: join(ROOT, testedPackage),
      encoding: "utf8",
    });
    if (run.status !== 0 || !existsSync(list)) {
      throw new Error(`vitest could not list the tests:\n${run.stderr}${run.stdout}`);
    }
    const names = JSON.parse(readFileSync(list, "utf8")).map(
      (/** @type {{ name: string }} */ { name }) => name,
    );
    console.log(`${names.length} tests in ${((Date.now() - start) / 1000).toFixed(1)} s`);
    return names;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string[]} args the command line
 * @returns {number} the exit code
 */
export function checkTables(args) {
  const { values } = parseArgs({ args, options: { rfc: { type: "string", multiple: true } } });
  const texts = (values.rfc ?? []).map((path) => readFileSync(path, "utf8"));
  const packages = new Set(RFC_DOCUMENTS.flatMap(({ testedPackages }) => testedPackages));
  const testsOf = new Map([...packages].map((name) => [name, listTests(name)]));
  /** @type {string[]} */
  const problems = [];
  for (const rfc of RFC_DOCUMENTS) {
    const musts = readFileSync(join(ROOT, rfc.mustsFile), "utf8");
    const { rules } = JSON.parse(musts);
    const table = readFileSync(join(ROOT, rfc.tableFile), "utf8");
    const judged = judgeTable(rfc.tableFile, rules, table, {
      testNames: rfc.testedPackages.flatMap((name) => testsOf.get(name) ?? []),
      fileExists: (path) =>
        statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() === true,
    });
    problems.push(...judged.problems);
    console.log(`RFC ${rfc.number}: ${judged.summary}`);
    const text = texts.find((one) => documentOf(one) === rfc);
    if (text === undefined) continue;
    const extracted = extractMusts(text);
    const differences = compareRules(rfc.mustsFile, rules, extracted);
    problems.push(...differences);
    if (differences.length === 0 && musts !== formatMusts(rfc, extracted)) {
      problems.push(`${rfc.mustsFile} was not written by scripts/extract-musts.mjs: run it again`);
    }
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.log(`faults: ${problems.length}`);
  return problems.length === 0 ? 0 : 1;
}
