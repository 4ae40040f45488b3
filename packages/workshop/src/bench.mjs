/** Builds the benchmarks and runs a program of them. */
import { spawnSync } from "node:child_process";
import { build, ROOT } from "./root.mjs";

/**
 * @param {readonly string[]} given the program below packages/bench/dist, and its flags
 * @returns {number} the exit code
 */
export function bench([name, ...flags]) {
  build("@sansocket/bench");
  const run = spawnSync(process.execPath, [`packages/bench/dist/${name}.js`, ...flags], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return run.status ?? 1;
}
