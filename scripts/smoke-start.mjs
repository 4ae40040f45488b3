// Runs the README's start command as a user would, fetches the page, and stops it.
import { spawn } from "node:child_process";
import { get } from "node:http";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const DEADLINE_MS = 300_000;
const child = spawn("npx", ["--yes", "pnpm@12", "start", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
  shell: process.platform === "win32",
});
const timer = setTimeout(() => fail(`nothing listened within ${DEADLINE_MS} ms`), DEADLINE_MS);

function fail(reason) {
  console.error(`start: ${reason}`);
  child.kill("SIGKILL");
  process.exit(1);
}

let output = "";
child.stdout.on("data", (chunk) => {
  process.stdout.write(chunk);
  const before = output;
  output += chunk;
  const url = /http:\/\/localhost:\d+/.exec(output)?.[0];
  if (url === undefined || /http:\/\/localhost:\d+\s/.test(before)) return;
  if (!/http:\/\/localhost:\d+\s/.test(output)) return;
  get(url, (response) => {
    response.resume();
    if (response.statusCode !== 200) fail(`GET / answered ${response.statusCode}`);
    console.log(`GET ${url} answered 200`);
    child.kill("SIGTERM");
  }).on("error", (error) => fail(String(error)));
});
child.on("exit", (code, signal) => {
  clearTimeout(timer);
  if (code === 0) console.log("SIGTERM ended it with exit code 0");
  else fail(`ended with ${code ?? signal}`);
  process.exit(0);
});
