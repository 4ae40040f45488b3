// pnpm test:matrix [22 24 26] - the Node suites on other Node releases, whose binaries come from npm.
import { spawnSync } from "node:child_process";

const env = Object.fromEntries(
  Object.entries(process.env).filter(([k]) => !/^npm_config_(call|package)$/i.test(k)),
);
let bad = 0;
for (const v of process.argv.slice(2)) {
  const r = spawnSync(
    "npx",
    ["--yes", "-p", `node@${v}`, "node", "node_modules/vitest/vitest.mjs", "run"],
    { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32", env },
  );
  if (r.status !== 0) bad++;
}
process.exit(bad ? 1 : 0);
