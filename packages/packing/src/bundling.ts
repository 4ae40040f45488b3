/** The output of a bundler for a program: everything that the program imports, minified by esbuild, and that gzipped. */
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export interface Size {
  readonly minified: number;
  readonly gzipped: number;
}

export interface Bundled extends Size {
  /** By file: the minified bytes that the bundle has of it. */
  readonly modules: ReadonlyMap<string, number>;
}

/** The folder from which programs import the packages. */
const HERE = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));

/** `ws` names the modules of Node without "node:", and asks for add-ons that need not be there. */
const OF_WS: readonly string[] = [...builtinModules, "bufferutil", "utf-8-validate"];

/** Modules of the runtime (`node:…`) are not counted, and neither is fast-check, a peer of `@sansocket/testing`. */
export async function bundled(program: string): Promise<Bundled> {
  const { outputFiles, metafile } = await build({
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
    external: ["node:*", "fast-check", ...OF_WS],
  });
  const code = outputFiles[0]!.contents;
  const modules = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(
    Object.values(metafile.outputs)[0]!.inputs,
  )) {
    if (bytesInOutput > 0) modules.set(file.replace("/dist/", "/"), bytesInOutput);
  }
  return {
    minified: code.length,
    gzipped: gzipSync(code, { level: 9 }).length,
    modules: new Map([...modules].sort(([, a], [, b]) => b - a)),
  };
}
