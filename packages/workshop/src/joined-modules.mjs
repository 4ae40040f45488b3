/**
 * Joins the modules of a published package: `dist/` gets one file for each folder of `src/`, and one for each file at the root of
 * `src/`. The declarations stay one for each module.
 *
 * A program without a bundler loads every file that it imports. As 150 files, `@sansocket/node` took 202 ms and 5.4 MB of heap to
 * load on Node 20, and as 40 files 132 ms and 4.1 MB (`pnpm bench --only loading`). A bundler still leaves out what a program
 * does not use, because the folders are what programs use or not: the client, the server, the classes of the web.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { rolldown } from "rolldown";

/** @typedef {{ readonly default: string, readonly "@sansocket/source": string }} Export */

/**
 * @param {string} folder of the package
 * @returns {Record<string, string>} the modules that users import: by the name of their file in `dist/`, without its ending
 */
function entriesOf(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  /** @type {readonly (string | Export)[]} */
  const targets = Object.values(manifest.exports);
  return Object.fromEntries(
    targets
      .filter((target) => typeof target !== "string")
      .map((target) => [
        /^\.\/dist\/(.*)\.js$/.exec(target.default)?.[1] ?? target.default,
        join(folder, target["@sansocket/source"]),
      ]),
  );
}

/** @param {string} folder of the package */
export async function joinModules(folder) {
  const entries = entriesOf(folder);
  const source = join(folder, "src");
  const dist = join(folder, "dist");
  /**
   * What users import is a file of its own: null. Where they import `hand-off`, the folder of that name is `hand-off/index`.
   *
   * @type {(id: string) => string | null}
   */
  const fileOf = (id) => {
    if (Object.values(entries).includes(id)) return null;
    const [name = ""] = relative(source, id).replace(/\.ts$/, "").split(sep);
    return name in entries ? `${name}/index` : name;
  };
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (/\.js(\.map)?$/.test(name)) rmSync(join(dist, name));
  }
  const bundle = await rolldown({
    input: entries,
    // Other packages, and the modules of the runtime.
    external: /^[@a-z]/,
    platform: "neutral",
    // Each file exports what the files beside it import, and the files of users' modules nothing else.
    preserveEntrySignatures: "allow-extension",
    treeshake: { moduleSideEffects: false },
    onLog(level, { message }) {
      throw new Error(`${level} of rolldown for ${folder}: ${message}`);
    },
  });
  await bundle.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minifyInternalExports: false,
    // The declarations carry the docstrings. A bundler reads the annotations.
    comments: { legal: true, annotation: true, jsdoc: false },
    sourcemap: true,
    // The package has `src/`.
    sourcemapExcludeSources: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: "folders", name: fileOf }],
    },
  });
  await bundle.close();
}
