// pnpm echo [--runtime node|deno|bun] [--port N] [--host H] [--tls | --cert FILE --key FILE]
// pnpm echo:client [--runtime node|deno|bun] --url ws://... [--ca FILE] [--insecure]
//
// Builds what the example needs, then runs it in that runtime. --tls makes a certificate of its own, for localhost and
// 127.0.0.1, and says where it lies, for clients to trust.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { watchLauncher } from "./launcher.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const hasLauncherGone = watchLauncher();
const [program, ...given] = process.argv.slice(2);

/** Takes `--name value` or `--name=value` out of the arguments. */
function take(name, fallback) {
  const index = given.findIndex((text) => text === name || text.startsWith(`${name}=`));
  if (index === -1) return fallback;
  const [text] = given.splice(index, 1);
  return text.includes("=") ? text.slice(name.length + 1) : given.splice(index, 1)[0];
}

/** npm's `deno` is a script around the real one, which it does not pass signals on to. */
function denoBinary() {
  const { dir } = parse(createRequire(join(root, "package.json")).resolve("deno/package.json"));
  const binary = join(dir, process.platform === "win32" ? "deno.exe" : "deno");
  return existsSync(binary) ? binary : "deno";
}

const COMMANDS = {
  node: ["node"],
  deno: [denoBinary(), "run", "-A", "--quiet"],
  bun: ["bun"],
};
const runtime = take("--runtime", "node");
const command = COMMANDS[runtime];
if (command === undefined) {
  console.error(`--runtime is ${runtime}: give node, deno or bun`);
  process.exit(2);
}

const build = spawnSync(
  "turbo",
  ["run", "build", "--filter=@sansocket/example-echo", "--output-logs=errors-only"],
  {
    cwd: root,
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

const tlsAt = given.indexOf("--tls");
let folder;
if (tlsAt !== -1) {
  given.splice(tlsAt, 1);
  folder = mkdtempSync(join(tmpdir(), "sansocket-echo-"));
  const require = createRequire(join(root, "examples/echo/package.json"));
  const { generate } = await import(require.resolve("selfsigned"));
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  given.push("--cert", files.cert, "--key", files.key);
  console.log(`certificate in ${files.cert}`);
}

const child = spawn(
  command[0],
  [...command.slice(1), join(root, "examples/echo/dist", `${program}.js`), ...given],
  { cwd: process.cwd(), stdio: "inherit", shell: process.platform === "win32" },
);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
setInterval(() => {
  if (hasLauncherGone()) child.kill("SIGTERM");
}, 500).unref();
child.on("exit", (code, signal) => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? (signal === null ? 1 : 0);
});
