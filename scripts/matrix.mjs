// pnpm test:matrix [22 24 26] - the Node suites on other Node releases, whose binaries come from npm.
import { spawnSync } from "node:child_process";

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_(call|package)$/i.test(name)),
);
const failed = [];
for (const version of process.argv.slice(2)) {
  console.log(`\n--- Node ${version}`);
  const run = spawnSync(
    "npx",
    ["--yes", "-p", `node@${version}`, "node", "node_modules/vitest/vitest.mjs", "run"],
    { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32", env },
  );
  if (run.status !== 0) failed.push(version);
}
console.log(failed.length === 0 ? "passed on all" : `failed on Node ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
