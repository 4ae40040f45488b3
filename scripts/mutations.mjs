// pnpm test:mutations [NAME...]: plants each fault of packages/mutations/faults, and wants a law to catch it.
import { spawnSync } from "node:child_process";
import { build, ROOT } from "../packages/workshop/src/root.mjs";

build("@sansocket/mutations");
const run = spawnSync(
  process.execPath,
  ["packages/mutations/dist/main.js", ...process.argv.slice(2)],
  { cwd: ROOT, stdio: "inherit" },
);
process.exit(run.status ?? 1);
