/** Runs a built example in the runtime that was asked for: what pnpm start, pnpm echo and pnpm echo:client share. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { watchLauncher } from "./launcher.mjs";
import { ROOT } from "./root.mjs";
import { commandOf, isRuntime, RUNTIMES } from "./runtimes.mjs";

const hasLauncherGone = watchLauncher();

/**
 * Takes `--name value` or `--name=value` out of the arguments.
 * @param {string[]} args
 * @param {string} name
 * @param {string} fallback
 * @returns {string}
 */
export function takeOption(args, name, fallback) {
  const index = args.findIndex((text) => text === name || text.startsWith(`${name}=`));
  if (index === -1) return fallback;
  const [text = ""] = args.splice(index, 1);
  return text.includes("=") ? text.slice(name.length + 1) : (args.splice(index, 1)[0] ?? "");
}

/**
 * The value of `--runtime`. A name that is no runtime ends this process with 2.
 * @param {string[]} args
 */
export function takeRuntime(args) {
  const runtime = takeOption(args, "--runtime", "node");
  if (isRuntime(runtime)) return runtime;
  console.error(
    `--runtime is ${runtime}: give ${RUNTIMES.join(", ").replace(/, (?=\w+$)/, " or ")}`,
  );
  return process.exit(2);
}

/**
 * Runs the program until it ends. The exit code of the program is the exit code of this process, and a signal to this process
 * goes on to the program.
 * @param {import("./runtimes.mjs").RuntimeName} runtime
 * @param {string} program from the root of the repository
 * @param {() => readonly string[]} prepare answers with the arguments. From then on no signal ends this process before the
 *   program has ended, so that a file that `prepare` makes is removed on "exit" in every case.
 */
export function runExample(runtime, program, prepare) {
  /** @type {import("node:child_process").ChildProcess | null} */
  let child = null;
  // One signal is enough: a second would cut the farewells of the program short.
  let isEnding = false;
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => {
    if (isEnding) return;
    isEnding = true;
    child?.kill(signal);
  };
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
    process.on(signal, () => end(signal));
  }
  const [command, ...flags] = commandOf(runtime);
  child = spawn(command, [...flags, join(ROOT, program), ...prepare()], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  setInterval(() => {
    if (hasLauncherGone()) end("SIGTERM");
  }, 500).unref();
  child.on("error", (error) => {
    console.error(`${command}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 0);
  });
}
