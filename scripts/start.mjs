// pnpm start [--port N]: builds what the example needs, then runs its server in the foreground.
// A script of its own because turbo refuses flags that it does not know.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
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
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  },
);
if (build.status !== 0) {
  console.error("the build failed; `pnpm build` says why");
  process.exit(build.status ?? 1);
}

const server = spawn(
  process.execPath,
  ["examples/embedding/dist/main.js", ...process.argv.slice(2)],
  { stdio: "inherit" },
);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => server.kill(signal));
server.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128 + 15)));
