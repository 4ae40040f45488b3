/** The results in the JUnit reports of all packages. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ROOT } from "./root.mjs";

/**
 * @typedef {{ readonly title: string, readonly path: string, readonly skips: string }} Report skips: written by skip-reasons.mjs
 * @typedef {{ passed: number, failed: number, skipped: number }} Count
 * @typedef {{ readonly report: string, readonly file: string, readonly name: string, readonly message: string }} Failure
 */

/**
 * Which reports there must be follows from the packages themselves: a package with a script `test:deno` owes
 * reports/deno.xml.
 * @param {readonly string[]} runtimes
 * @param {readonly string[] | null} only the names of packages; null: all of them
 * @returns {Report[]}
 */
export function expectedReports(runtimes, only) {
  const reports = [];
  for (const group of ["packages", "examples"]) {
    for (const folder of readdirSync(join(ROOT, group)).sort()) {
      const path = join(ROOT, group, folder);
      const manifest = join(path, "package.json");
      if (!existsSync(manifest)) continue;
      const { name, scripts = {} } = JSON.parse(readFileSync(manifest, "utf8"));
      if (only !== null && !only.includes(name)) continue;
      for (const runtime of runtimes) {
        if (scripts[`test:${runtime}`] === undefined) continue;
        reports.push({
          title: `${name} on ${runtime}`,
          path: join(path, "reports", `${runtime}.xml`),
          skips: join(path, "reports", `${runtime}.skips.json`),
        });
      }
    }
  }
  return reports;
}

/**
 * Removes what an earlier run has left.
 * @param {readonly Report[]} reports
 */
export function clearReports(reports) {
  for (const { path, skips } of reports) {
    rmSync(path, { force: true });
    rmSync(skips, { force: true });
    mkdirSync(dirname(path), { recursive: true }); // bun does not create it, and exits 0 all the same
  }
}

/**
 * Every `<testcase>`, however deep its suites nest. None if the report is not whole, for the parser would forgive that.
 * @param {string} path
 * @returns {object[]}
 */
function testCases(path) {
  if (!existsSync(path)) return [];
  const xml = readFileSync(path, "utf8");
  if (XMLValidator.validate(xml) !== true) return [];
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => ["testsuite", "testcase"].includes(name),
    processEntities: true,
  });
  /** @type {object[]} */
  const cases = [];
  /** @param {any} node */
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    for (const child of node.testcase ?? []) cases.push(child);
    for (const suite of node.testsuite ?? []) visit(suite);
    if (node.testsuites !== undefined) visit(node.testsuites);
  };
  visit(parser.parse(xml));
  return cases;
}

/** Characters of a failure's text that {@link failuresOf} keeps: the message and the place, without a page of context. */
const FAILURE_TEXT = 1_500;

/**
 * The tests that failed. A log of some 20,000 lines is often cut before it is read, so the end of the log repeats them.
 * @param {Report} report
 * @returns {Failure[]}
 */
export function failuresOf({ title, path }) {
  return testCases(path)
    .filter((testCase) => outcomeOf(testCase) === "failed")
    .map((testCase) => {
      const { classname = "", name = "", failure, error } = /** @type {any} */ (testCase);
      const first = [failure ?? error].flat()[0];
      const message =
        typeof first === "string" ? first : (first?.["#text"] ?? first?.message ?? "");
      return {
        report: title,
        file: classname,
        name,
        message: message.trim().slice(0, FAILURE_TEXT),
      };
    });
}

/** @param {object} testCase */
function outcomeOf(testCase) {
  if ("failure" in testCase || "error" in testCase) return "failed";
  return "skipped" in testCase ? "skipped" : "passed";
}

/**
 * Prints a line for the report, and one for each skipped test. A report that is missing, empty or cut short counts as a
 * failure, so that a runner that never started or never finished cannot pass.
 * @param {Report} report
 * @returns {Count}
 */
export function printReport({ title, path, skips }) {
  const cases = testCases(path);
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const testCase of cases) count[outcomeOf(testCase)] += 1;
  if (cases.length === 0) count.failed = 1;
  const note = cases.length === 0 ? "  <- no report, an empty one, or one cut short" : "";
  const { passed, failed, skipped } = count;
  console.log(`${title.padEnd(40)} ${passed} passed, ${failed} failed, ${skipped} skipped${note}`);
  for (const { name, reason } of skipReasons(skips)) {
    console.log(
      `  skipped: ${name}\n           ${reason ?? "no reason given: use context.skip(reason)"}`,
    );
  }
  return count;
}

/**
 * @param {string} path
 * @returns {{ name: string, reason: string | null }[]}
 */
function skipReasons(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}
