/**
 * The runtimes that sansocket has an adapter for. This is the one list: tests, scripts and benchmarks take the names and the
 * commands from here. CONTRIBUTING.md, "A new adapter", names what else belongs to a runtime.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT } from "./root.mjs";

const isWindows = process.platform === "win32";

/**
 * @typedef {object} Runtime
 * @property {() => string | undefined} version undefined in any other runtime
 * @property {string | null} file the binary inside the npm package of the runtime's name; null: not from npm
 * @property {readonly string[]} flags what stands between the binary and the program
 * @property {readonly string[]} collecting more flags, for a program that calls the garbage collector
 *
 * @typedef {keyof typeof LIST} RuntimeName the adapter is the package `@sansocket/NAME`
 */

/** @satisfies {Readonly<Record<string, Runtime>>} */
const LIST = {
  node: {
    // Deno and Bun have a `process.versions.node` too.
    version: () =>
      "Deno" in globalThis || "Bun" in globalThis ? undefined : process.versions.node,
    file: null,
    flags: [],
    collecting: ["--expose-gc"],
  },
  deno: {
    version: () => /** @type {any} */ (globalThis).Deno?.version.deno,
    file: isWindows ? "deno.exe" : "deno",
    // The workspace of deno.json leads to the sources of the packages. Users run what is compiled, out of node_modules.
    flags: ["run", "-A", "--quiet", "--no-config", "--node-modules-dir=manual"],
    collecting: ["--v8-flags=--expose-gc"],
  },
  bun: {
    version: () => process.versions["bun"],
    file: "bin/bun.exe", // on all systems
    flags: [],
    collecting: [],
  },
};

/** @type {readonly RuntimeName[]} */
export const RUNTIMES = /** @type {RuntimeName[]} */ (Object.keys(LIST));

/**
 * @param {string} name
 * @returns {name is RuntimeName}
 */
export function isRuntime(name) {
  return Object.hasOwn(LIST, name);
}

/** @returns {RuntimeName} the runtime that runs this */
export function currentRuntime() {
  const name = RUNTIMES.find((each) => LIST[each].version() !== undefined);
  if (name === undefined) throw new Error("bug: no runtime of the list runs this");
  return name;
}

/** @returns {string} name and version of the runtime that runs this, "deno 2.9.6" for instance */
export function currentVersion() {
  const name = currentRuntime();
  return `${name} ${LIST[name].version()}`;
}

/**
 * SANSOCKET_RUNTIMES=node leaves out the runtimes that stay the same when the tests run on another Node.
 * @returns {readonly RuntimeName[]}
 */
export function selectedRuntimes() {
  const selected = process.env["SANSOCKET_RUNTIMES"]?.split(",");
  return selected === undefined ? RUNTIMES : RUNTIMES.filter((name) => selected.includes(name));
}

/**
 * The binary that npm has installed. What stands in node_modules/.bin is a script around it, which keeps signals to itself.
 * @param {RuntimeName} name
 * @returns {string | null} null where it is not installed
 */
export function binaryOf(name) {
  const { file } = LIST[name];
  if (name === currentRuntime()) return process.execPath;
  if (file === null) return name;
  try {
    const manifest = createRequire(join(ROOT, "package.json")).resolve(`${name}/package.json`);
    const binary = join(dirname(manifest), file);
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/**
 * The command that runs a program in this runtime: the binary that npm has installed, or else the one on the PATH, and its
 * flags. The path of the program follows.
 * @param {RuntimeName} name
 * @param {{ readonly collecting?: boolean }} [options] collecting: the program may call the garbage collector
 * @returns {readonly [binary: string, ...flags: string[]]}
 */
export function commandOf(name, { collecting = false } = {}) {
  const runtime = LIST[name];
  return [binaryOf(name) ?? name, ...runtime.flags, ...(collecting ? runtime.collecting : [])];
}
