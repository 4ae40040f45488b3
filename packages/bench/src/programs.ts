/**
 * The runtimes that are measured, and their programs: those that npm has installed, because what is on the PATH need not be
 * that version. "node" is the Node that runs this; "node@26" comes from npm's package `node`.
 */
import { execFileSync } from "node:child_process";
import { commandOf, isRuntime, RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";

/** A runtime, and what stands between its name and the module on the command line. */
export interface Program {
  /** "node20", "node26", "deno", "bun". */
  readonly label: string;
  readonly runtime: RuntimeName;
  /** "20.20.2" */
  readonly version: string;
  readonly path: string;
  readonly flags: readonly string[];
  /** The flags of a program that calls the garbage collector. */
  readonly collecting: readonly string[];
}

export const RELEASE_OF_NODE = "node@26";

/** @param name "node", "deno", "bun", or a release of Node: "node@26" */
export function programNamed(name: string): Program {
  if (isRuntime(name)) return programAt(name, commandOf(name)[0]);
  if (!/^node@\d+(\.\d+){0,2}$/.test(name)) {
    throw new Error(`no runtime ${name}; there are ${RUNTIMES.join(", ")}, node@26`);
  }
  const found = execFileSync("npx", ["--yes", "-p", name, "node", "-p", "process.execPath"], {
    encoding: "utf8",
    env: withoutNpmsOwn(process.env),
    stdio: ["ignore", "pipe", "inherit"],
  });
  return programAt("node", found.trim());
}

/** npx inside of `npx pnpm` would take these for its own command line. */
function withoutNpmsOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOwn = (name: string): boolean => /^npm_config_(call|package)$/i.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOwn(name)));
}

function programAt(runtime: RuntimeName, path: string): Program {
  const told = execFileSync(path, ["--version"], { encoding: "utf8" });
  const version = /\d+\.\d+\.\d+/.exec(told)?.[0] ?? told.trim();
  const label = runtime === "node" ? `node${version.split(".")[0]}` : runtime;
  const [, ...flags] = commandOf(runtime);
  const [, ...collecting] = commandOf(runtime, { collecting: true });
  return { label, runtime, version, path, flags, collecting };
}
