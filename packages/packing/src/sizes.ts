/**
 * How large each program of `bundles.ts` is for those who bundle it, and each entry of a package with everything that it
 * imports. Fails when a program has outgrown its baseline in `sizes.json`.
 *
 * `--modules[=N]` prints the N largest modules of each program, default 12. `--json` prints an object. `--update` writes the
 * baselines.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BUNDLES } from "./bundles.ts";
import { bundled, modulesOf, type Size } from "./bundling.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { default: string }>>;
}

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const BASELINES = fileURLToPath(new URL("../sizes.json", import.meta.url));

/** The share by which a program may outgrow its baseline: releases of zlib differ by less than half a percent. */
const TOLERANCE = 0.01;

function* entries(): Generator<string> {
  for (const folder of readdirSync(PACKAGES).sort()) {
    const path = `${PACKAGES}${folder}/package.json`;
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
    if (manifest.private === true) continue;
    for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
      if (typeof target !== "string") yield `${manifest.name}${subpath.slice(1)}`;
    }
  }
}

async function measured(programs: Iterable<readonly [name: string, program: string]>) {
  const sizes: [name: string, size: Size][] = [];
  for (const [name, program] of programs) sizes.push([name, await bundled(program)]);
  return sizes;
}

const programs = await measured(
  Object.entries(BUNDLES).map(([name, { program }]) => [name, program] as const),
);
const wholeEntries = await measured(
  [...entries()].map((entry) => [entry, `export * from "${entry}";`] as const),
);

const number = (value: number): string => value.toLocaleString("en").padStart(12);

function table(title: string, rows: readonly (readonly [string, Size])[]): void {
  const heads = ["minified", "gzipped", "target", "baseline"].map((head) => head.padStart(12));
  console.log(`${`${title}, bytes`.padEnd(36)}${heads.join("")}`);
  for (const [name, bundle] of rows) {
    const goals = [BUNDLES[name]?.target, baselines[name]?.gzipped].map((goal) =>
      goal === undefined ? "-".padStart(12) : number(goal),
    );
    console.log(
      `${name.padEnd(36)}${number(bundle.minified)}${number(bundle.gzipped)}${goals.join("")}`,
    );
  }
  console.log();
}

async function printModules(count: number): Promise<void> {
  for (const [name, { program }] of Object.entries(BUNDLES)) {
    const modules = await modulesOf(program);
    const all = modules.reduce((sum, [, bytes]) => sum + bytes, 0);
    console.log(`${name}: the largest of ${modules.length} modules, minified bytes, share`);
    for (const [file, bytes] of modules.slice(0, count)) {
      const share = ((100 * bytes) / all).toFixed(1).padStart(8);
      console.log(`  ${file.padEnd(64)}${number(bytes)}${share} %`);
    }
    console.log();
  }
}

const { argv } = process;
const baselines = JSON.parse(readFileSync(BASELINES, "utf8")) as Record<string, Size>;
const sizesOf = (all: typeof programs): Record<string, Size> =>
  Object.fromEntries(all.map(([name, { minified, gzipped }]) => [name, { minified, gzipped }]));

if (argv.includes("--update")) {
  writeFileSync(BASELINES, `${JSON.stringify(sizesOf(programs), null, 2)}\n`);
} else if (argv.includes("--json")) {
  console.log(JSON.stringify({ ...sizesOf(programs), ...sizesOf(wholeEntries) }, null, 2));
} else {
  table("a program, with all it imports", programs);
  table("an entry, with all it imports", wholeEntries);
  const modules = argv.find((argument) => argument.startsWith("--modules"));
  if (modules !== undefined) await printModules(Number(modules.split("=")[1] ?? 12));
}

if (!argv.includes("--update")) {
  for (const [name, { gzipped }] of programs) {
    const baseline = baselines[name]?.gzipped ?? 0;
    if (gzipped <= baseline * (1 + TOLERANCE)) continue;
    console.error(
      `${name}: ${gzipped} bytes gzipped, the baseline is ${baseline}. Make it smaller (see --modules), or say in the ` +
        "commit why it grows and write new baselines: pnpm size:update",
    );
    process.exitCode = 1;
  }
}
