/**
 * Runs every suite on every runtime, then adds up the JUnit reports. JUnit rather than vitest's JSON, whose count leaves out a
 * test file that failed to load.
 */
import { turbo } from "./root.mjs";
import { RUNTIMES } from "./runtimes.mjs";
import { clearReports, expectedReports, failuresOf, printReport } from "./test-reports.mjs";

/** For `--quick`: no property tests by the thousand, no processes of other runtimes, no browser. */
const QUICK = ["core", "driver", "node", "example-recipes", "example-embedding"].map(
  (name) => `@sansocket/${name}`,
);

/**
 * @param {readonly string[]} given the command line; what is not `--quick` is for turbo
 * @returns {number} the exit code
 */
export function runTests(given) {
  const isQuick = given.includes("--quick");
  const runtimes = isQuick ? ["node"] : RUNTIMES;
  const reports = expectedReports(runtimes, isQuick ? QUICK : null);
  clearReports(reports);
  const run = turbo([
    "run",
    ...runtimes.map((runtime) => `test:${runtime}`),
    "--continue=always",
    "--output-logs=full",
    "--concurrency=2",
    ...(isQuick ? QUICK.map((name) => `--filter=${name}`) : []),
    ...given.filter((text) => text !== "--quick"),
  ]);
  const total = { passed: 0, failed: 0, skipped: 0 };
  console.log();
  for (const report of reports) {
    const count = printReport(report);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  for (const { report, file, name, message } of reports.flatMap(failuresOf)) {
    console.log(`\nFAILED: ${report}, ${file}\n  ${name}\n  ${message.replaceAll("\n", "\n  ")}`);
  }
  if (run.status !== 0 && total.failed === 0) {
    const how = run.status ?? run.signal ?? run.error;
    console.log(`turbo ended with ${how}, though no report shows a failure`);
    total.failed += 1;
  }
  const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed === 0 ? 0 : 1;
}
