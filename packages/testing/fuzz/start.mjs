// pnpm fuzz, pnpm fuzz:coverage: bundles a program of this folder, because Node 20 runs no TypeScript, and runs it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [program, ...flags] = process.argv.slice(2);
const outdir = join(here, "../node_modules/.cache/fuzz");

await build({
  entryPoints: { [program]: join(here, `${program}.ts`), worker: join(here, "worker.ts") },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: program === "guided",
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@sansocket/source"],
  external: ["commander", "cli-progress"],
  sourcemap: true,
  logLevel: "warning",
});
const run = spawnSync(
  process.execPath,
  ["--enable-source-maps", join(outdir, `${program}.mjs`), ...flags],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
