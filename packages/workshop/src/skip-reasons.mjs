/**
 * A reporter of vitest. It writes why tests were skipped, `context.skip("the reason")`, beside the JUnit report, which has no
 * room for it. reports/node.xml gets reports/node.skips.json: [{ name, reason }], reason null where none was given.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { currentRuntime } from "./runtimes.mjs";

export default class SkipReasons {
  /** @param {readonly import("vitest/node").TestModule[]} modules */
  onTestRunEnd(modules) {
    const skips = [];
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const { note = null } = /** @type {{ note?: string }} */ (test.result());
        skips.push({ name: test.fullName, reason: note });
      }
    }
    mkdirSync("reports", { recursive: true });
    writeFileSync(join("reports", `${currentRuntime()}.skips.json`), JSON.stringify(skips));
  }
}
