// pnpm bench:engine, bench:kernels, bench:echo [flags]: builds the benchmarks, then runs one with the remaining flags.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const [name, ...flags] = process.argv.slice(2);
const options = {
  shell: process.platform === "win32",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
};
const build = spawnSync(
  "turbo",
  ["run", "build", "--filter=@sansocket/bench", "--output-logs=errors-only", "--log-prefix=none"],
  { ...options, stdio: ["ignore", "ignore", "inherit"] },
);
if (build.status !== 0) process.exit(build.status ?? 1);
const run = spawnSync(
  process.execPath,
  ["--expose-gc", `packages/bench/dist/${name}.js`, ...flags],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
