// pnpm fuzz, pnpm fuzz:coverage: bundles a program of this folder, because Node 20 runs no TypeScript, and runs it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [program, ...flags] = process.argv.slice(2);
const outdir = join(here, "../node_modules/.cache/fuzz");

await build({
  entryPoints: [
    join(here, `${program}.ts`),
    ...(program === "main" ? [join(here, "worker.ts")] : []),
  ],
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  // V8 tells the coverage by script, so the guided fuzzer runs core as it was built, file by file.
  conditions: program === "guided" ? [] : ["@sansocket/source"],
  external: ["commander", "cli-progress", ...(program === "guided" ? ["@sansocket/core"] : [])],
  sourcemap: true,
  logLevel: "warning",
});
const run = spawnSync(
  process.execPath,
  ["--enable-source-maps", join(outdir, `${program}.mjs`), ...flags],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
