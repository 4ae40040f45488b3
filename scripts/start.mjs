// pnpm start [--port N]: builds what the example needs, then becomes its server, in this very process, so that signals
// reach it once and its exit code is ours. A script of its own because turbo refuses flags that it does not know.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { watchLauncher } from "./launcher.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const hasLauncherGone = watchLauncher();
const build = spawnSync(
  "turbo",
  [
    "run",
    "build",
    "--filter=@sansocket/example-embedding",
    "--output-logs=errors-only",
    "--log-prefix=none",
  ],
  {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    shell: process.platform === "win32",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  },
);
if (build.status !== 0) {
  console.error(build.error ?? build.stdout + build.stderr);
  console.error("the build failed");
  process.exit(1);
}

await import("../examples/embedding/dist/main.js");

// The server has its handlers now. One signal is enough: a second would cut its farewells short.
const watch = setInterval(() => {
  if (hasLauncherGone()) process.kill(process.pid, "SIGTERM");
}, 500).unref();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => clearInterval(watch));
