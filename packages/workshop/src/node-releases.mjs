/** Runs the tests of Node on other releases of Node, whose binaries come from npm. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./root.mjs";

/** The root: all that runs on Node by itself. The others start programs on that Node, and need `pnpm build` before. */
const PROJECTS = [".", "examples/echo", "packages/attacks"];

/**
 * @param {readonly string[]} versions
 * @returns {number} the exit code
 */
export function testOnReleases(versions) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_(call|package)$/i.test(name)),
  );
  const failed = [];
  for (const version of versions) {
    for (const project of PROJECTS) {
      console.log(`\n--- Node ${version}: ${project}`);
      const vitest = ["node", "node_modules/vitest/vitest.mjs", "run", "--root", project];
      const run = spawnSync("npx", ["--yes", "-p", `node@${version}`, ...vitest], {
        cwd: ROOT,
        stdio: ["ignore", "inherit", "inherit"],
        shell: process.platform === "win32",
        env: { ...env, SANSOCKET_RUNTIMES: "node" }, // Deno and Bun stay the same
      });
      if (run.status !== 0) failed.push(`Node ${version} in ${project}`);
    }
  }
  console.log(failed.length === 0 ? "passed on all" : `failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}
