/**
 * How large each entry is for those who bundle it: everything that it imports, minified by esbuild, and that gzipped. Modules
 * of the runtime (`node:…`) are not counted. Prints a table; `--json` prints an object.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { default: string }>>;
}

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));

function* entries(): Generator<readonly [name: string, file: string]> {
  for (const folder of readdirSync(PACKAGES).sort()) {
    const path = `${PACKAGES}${folder}/package.json`;
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
    if (manifest.private === true) continue;
    for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
      if (typeof target === "string") continue;
      yield [`${manifest.name}${subpath.slice(1)}`, `${PACKAGES}${folder}/${target.default}`];
    }
  }
}

const sizes: Record<string, { minified: number; gzipped: number }> = {};
for (const [name, file] of entries()) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    external: ["node:*", "fast-check"],
  });
  const code = outputFiles[0]!.contents;
  sizes[name] = { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(sizes, null, 2));
} else {
  const number = (bytes: number): string => bytes.toLocaleString("en").padStart(16);
  console.log(
    `${"entry, with all it imports".padEnd(36)}${"minified, bytes".padStart(16)}${"gzipped, bytes".padStart(16)}`,
  );
  for (const [name, { minified, gzipped }] of Object.entries(sizes)) {
    console.log(`${name.padEnd(36)}${number(minified)}${number(gzipped)}`);
  }
}
