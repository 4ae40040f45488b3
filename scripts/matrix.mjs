// pnpm test:matrix [20 22 24 26] - the Node suites on other Node releases, whose binaries come from npm; and what starts
// programs on that Node, the example of an echo and the attacks, which need `pnpm build` before. Deno and Bun stay the same.
import { spawnSync } from "node:child_process";

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_(call|package)$/i.test(name)),
);
env.SANSOCKET_RUNTIMES = "node";
const ROOTS = [".", "examples/echo", "packages/interop"];
const failed = [];
for (const version of process.argv.slice(2)) {
  for (const root of ROOTS) {
    console.log(`\n--- Node ${version}: ${root}`);
    const vitest = ["node", "node_modules/vitest/vitest.mjs", "run", "--root", root];
    const run = spawnSync("npx", ["--yes", "-p", `node@${version}`, ...vitest], {
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
      env,
    });
    if (run.status !== 0) failed.push(`Node ${version} in ${root}`);
  }
}
console.log(failed.length === 0 ? "passed on all" : `failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
