// Builds an example and runs it in the runtime that was asked for: what pnpm start, pnpm echo and pnpm echo:client share.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { watchLauncher } from "./launcher.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
const hasLauncherGone = watchLauncher();

/** Takes `--name value` or `--name=value` out of the arguments. */
export function takeOption(args, name, fallback) {
  const index = args.findIndex((text) => text === name || text.startsWith(`${name}=`));
  if (index === -1) return fallback;
  const [text] = args.splice(index, 1);
  return text.includes("=") ? text.slice(name.length + 1) : args.splice(index, 1)[0];
}

/** npm's `deno` is a script around the real one, which it does not pass signals on to. */
function denoBinary() {
  const { dir } = parse(createRequire(join(root, "package.json")).resolve("deno/package.json"));
  const binary = join(dir, process.platform === "win32" ? "deno.exe" : "deno");
  return existsSync(binary) ? binary : "deno";
}

const COMMANDS = {
  node: () => [process.execPath],
  deno: () => [denoBinary(), "run", "-A", "--quiet"],
  bun: () => ["bun"],
};

/** The value of `--runtime`, checked. */
export function takeRuntime(args) {
  const runtime = takeOption(args, "--runtime", "node");
  if (Object.hasOwn(COMMANDS, runtime)) return runtime;
  console.error(`--runtime is ${runtime}: give node, deno or bun`);
  process.exit(2);
}

export function build(packageName) {
  const run = spawnSync(
    "turbo",
    ["run", "build", `--filter=${packageName}`, "--output-logs=errors-only", "--log-prefix=none"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      shell: process.platform === "win32",
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    },
  );
  if (run.status === 0) return;
  console.error(run.error ?? run.stdout + run.stderr);
  console.error("the build failed");
  process.exit(1);
}

/** Runs the program until it ends; its exit code is ours, and signals to us are its. */
export function runIn(runtime, program, args, whenEnded = () => {}) {
  const [command, ...flags] = COMMANDS[runtime]();
  const child = spawn(command, [...flags, join(root, program), ...args], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  // One signal is enough: a second would cut its farewells short.
  let isEnding = false;
  const end = (signal) => {
    if (isEnding) return;
    isEnding = true;
    child.kill(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => end(signal));
  setInterval(() => {
    if (hasLauncherGone()) end("SIGTERM");
  }, 500).unref();
  child.on("error", (error) => {
    whenEnded();
    console.error(`${command}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    whenEnded();
    process.exitCode = code ?? (signal === null ? 1 : 0);
  });
}
