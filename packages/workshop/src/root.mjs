/** The folder of the repository, and the tools that pnpm has installed there. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const isWindows = process.platform === "win32";

/** The programs of `node_modules/.bin` come first: a script that pnpm did not start has to find them too. */
const ENVIRONMENT = {
  ...process.env,
  PATH: [join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};

/**
 * @param {readonly string[]} given
 * @param {import("node:child_process").StdioOptions} [stdio]
 */
export function turbo(given, stdio = ["ignore", "inherit", "inherit"]) {
  return spawnSync("turbo", given, {
    cwd: ROOT,
    stdio,
    encoding: "utf8",
    shell: isWindows,
    env: ENVIRONMENT,
  });
}

/**
 * Builds a package and all that it needs. A fault is told on stderr, and ends this process with 1.
 * @param {string} packageName
 */
export function build(packageName) {
  const run = turbo(
    ["run", "build", `--filter=${packageName}`, "--output-logs=errors-only", "--log-prefix=none"],
    ["ignore", "pipe", "pipe"],
  );
  if (run.status === 0) return;
  console.error(run.error ?? run.stdout + run.stderr);
  console.error("the build failed");
  process.exit(1);
}
