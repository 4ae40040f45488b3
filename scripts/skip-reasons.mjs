// A vitest reporter: writes why tests were skipped, `context.skip("the reason")`, beside the JUnit report, which has no
// room for it. reports/node.xml gets reports/node.skips.json: [{ name, reason }], reason null where none was given.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

export default class SkipReasons {
  onTestRunEnd(modules) {
    const skips = [];
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const { note = null } = test.result();
        skips.push({ name: test.fullName, reason: note });
      }
    }
    mkdirSync("reports", { recursive: true });
    writeFileSync(join("reports", `${runtime}.skips.json`), JSON.stringify(skips));
  }
}
