/** The output of a bundler for a program: everything that the program imports, minified by esbuild, and that gzipped. */
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";

export interface Size {
  readonly minified: number;
  readonly gzipped: number;
}

/** The folder from which programs import the packages. */
const HERE = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));

/** `ws` names the modules of Node without "node:", and asks for add-ons that need not be there. */
const OF_WS: readonly string[] = [...builtinModules, "bufferutil", "utf-8-validate"];

/** Modules of the runtime (`node:…`) are not counted, and neither is fast-check, a peer of `@sansocket/testing`. */
async function build(program: string, conditions: readonly string[]) {
  return await esbuild({
    stdin: { contents: program, resolveDir: HERE },
    absWorkingDir: PACKAGES,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: [...conditions],
    external: ["node:*", "fast-check", ...OF_WS],
  });
}

export async function bundled(program: string): Promise<Size> {
  const { outputFiles } = await build(program, []);
  const code = outputFiles[0]!.contents;
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length };
}

/**
 * The modules of our sources that the program needs, with their minified bytes, the largest first. The packages that users
 * get have one file for each folder, so the sources tell more.
 */
export async function modulesOf(program: string): Promise<[module: string, minified: number][]> {
  const { metafile } = await build(program, ["@sansocket/source"]);
  return Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .map(([file, { bytesInOutput }]): [string, number] => [
      file.replace("/src/", "/"),
      bytesInOutput,
    ])
    .filter(([, bytes]) => bytes > 0)
    .sort(([, a], [, b]) => b - a);
}
