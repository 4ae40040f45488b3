// pnpm test: runs every suite on every runtime, then adds up the JUnit reports. pnpm test:quick (--quick): what shows in two
// minutes that a clone is sound, on Node alone.
//
// Which reports there must be follows from the packages themselves: a package with a script `test:deno` owes
// reports/deno.xml. A report that is missing, empty or cut short counts as a failure, so that a runner that never
// started or never finished cannot pass. JUnit rather than vitest's JSON, whose count leaves out a test file that failed
// to load; why tests were skipped comes from skip-reasons.mjs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { XMLParser, XMLValidator } from "fast-xml-parser";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const args = process.argv.slice(2);
const isQuick = args.includes("--quick");
if (isQuick) args.splice(args.indexOf("--quick"), 1);
const RUNTIMES = isQuick ? ["node"] : ["node", "deno", "bun"];

/** No property tests by the thousand, no processes of other runtimes, no browser. */
const QUICK = ["core", "driver", "node", "example-recipes", "example-embedding"].map(
  (name) => `@sansocket/${name}`,
);

function expectedReports() {
  const reports = [];
  for (const group of ["packages", "examples"]) {
    for (const folder of readdirSync(group).sort()) {
      const manifest = join(group, folder, "package.json");
      if (!existsSync(manifest)) continue;
      const { name, scripts = {} } = JSON.parse(readFileSync(manifest, "utf8"));
      if (isQuick && !QUICK.includes(name)) continue;
      for (const runtime of RUNTIMES) {
        if (scripts[`test:${runtime}`] === undefined) continue;
        reports.push({
          title: `${name} on ${runtime}`,
          path: join(group, folder, "reports", `${runtime}.xml`),
          skips: join(group, folder, "reports", `${runtime}.skips.json`),
        });
      }
    }
  }
  return reports;
}

/** Every `<testcase>`, however deep its suites nest; none if the report is not whole, for the parser would forgive that. */
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
  const cases = [];
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    for (const child of node.testcase ?? []) cases.push(child);
    for (const suite of node.testsuite ?? []) visit(suite);
    if (node.testsuites !== undefined) visit(node.testsuites);
  };
  visit(parser.parse(xml));
  return cases;
}

function outcomeOf(testCase) {
  if ("failure" in testCase || "error" in testCase) return "failed";
  return "skipped" in testCase ? "skipped" : "passed";
}

function skipReasons(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

const reports = expectedReports();
for (const { path, skips } of reports) {
  rmSync(path, { force: true });
  rmSync(skips, { force: true });
  mkdirSync(dirname(path), { recursive: true }); // bun does not create it, and exits 0 all the same
}

const run = spawnSync(
  "turbo",
  [
    "run",
    ...RUNTIMES.map((runtime) => `test:${runtime}`),
    "--continue=always",
    "--output-logs=full",
    "--concurrency=2",
    ...(isQuick ? QUICK.map((name) => `--filter=${name}`) : []),
    ...args,
  ],
  {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  },
);

const total = { passed: 0, failed: 0, skipped: 0 };
console.log();
for (const { title, path, skips } of reports) {
  const cases = testCases(path);
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const testCase of cases) count[outcomeOf(testCase)] += 1;
  if (cases.length === 0) count.failed = 1;
  const note = cases.length === 0 ? "  <- no report, an empty one, or one cut short" : "";
  console.log(
    `${title.padEnd(40)} ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped${note}`,
  );
  for (const { name, reason } of skipReasons(skips)) {
    console.log(
      `  skipped: ${name}\n           ${reason ?? "no reason given: use context.skip(reason)"}`,
    );
  }
  for (const outcome of Object.keys(total)) total[outcome] += count[outcome];
}
if (run.status !== 0 && total.failed === 0) {
  console.log(
    `turbo ended with ${run.status ?? run.signal ?? run.error}, though no report shows a failure`,
  );
  total.failed += 1;
}
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`,
);
process.exit(total.failed === 0 ? 0 : 1);
