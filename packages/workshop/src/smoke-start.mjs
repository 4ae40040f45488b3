/** Runs the README's start command as a user would, and fetches the page. Needs nothing installed: the command installs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./root.mjs";

const INSTALL_AND_BUILD_MS = 300_000;
const ANSWER_MS = 10_000;

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  // A process group of its own, so that nothing of it is left when a check fails. Only its head gets the SIGTERM.
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: {
      ...process.env,
      PATH: [join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    },
  });
  return { child, hasEnded: once(child, "exit") };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {boolean} wantsExitCode
 */
async function check(command, args, wantsExitCode) {
  console.log(`$ ${command} ${args.join(" ")}`);
  const { child, hasEnded } = run(command, args);

  /**
   * @param {string} reason
   * @returns {never}
   */
  function fail(reason) {
    console.error(`start: ${reason}`);
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended already
    }
    return process.exit(1);
  }

  /**
   * @template T
   * @param {number} milliseconds
   * @param {string} what
   * @param {Promise<T>} promise
   */
  async function within(milliseconds, what, promise) {
    const timer = setTimeout(() => fail(`${what} took more than ${milliseconds} ms`), milliseconds);
    const value = await promise;
    clearTimeout(timer);
    return value;
  }

  /** @param {AsyncIterable<string>} lines */
  async function urlOf(lines) {
    for await (const line of lines) {
      console.log(line);
      const url = /http:\/\/localhost:\d+/.exec(line)?.[0];
      if (url !== undefined) return url;
    }
    return fail("it ended before it listened");
  }

  const lines = createInterface(child.stdout);
  const url = await within(INSTALL_AND_BUILD_MS, "to install, build and listen", urlOf(lines));
  // Its end is the end of all who held it: of the server, however many processes stand between.
  const isOutputClosed = once(child.stdout.resume(), "close");

  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((error) =>
    fail(`GET ${url}: ${error.cause ?? error}`),
  );
  const page = await response.text();
  if (response.status !== 200 || !page.includes("</html>")) {
    fail(`GET ${url} answered ${response.status} and ${page.length} characters, not the page`);
  }
  console.log(`GET ${url} answered 200 and the page`);

  child.kill("SIGTERM");
  const [code, signal] = await within(ANSWER_MS, "to end after SIGTERM", hasEnded);
  if (wantsExitCode && code !== 0) fail(`SIGTERM ended it with ${code ?? signal}, not with 0`);
  await within(ANSWER_MS, "the server, to end after SIGTERM", isOutputClosed);
  console.log(`SIGTERM ended it${wantsExitCode ? ", exit code 0" : " and its server"}`);
}

/**
 * The command first, which must leave nothing behind at SIGTERM; then the script itself, whose exit code must be 0, because npx
 * and pnpm end with the signal's.
 */
export async function smokeStart() {
  await check("npx", ["--yes", "pnpm@12", "start", "--port", "0"], false);
  await check(process.execPath, ["scripts/start.mjs", "--port", "0"], true);
}
