/** The programs of the example, with real processes, sockets and traffic. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "@sansocket/node";
import { expect, onTestFinished, test, vi } from "vitest";
import { converse, type Seen } from "../src/counting.ts";

const MINUTES = 240_000;
const programOf = (name: string): string =>
  fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

/** Starts a program; `lines` waits for its next line of output. */
function started(
  name: string,
  args: readonly string[] = [],
): { child: ChildProcess; line(): Promise<string> } {
  const child = spawn(process.execPath, [programOf(name), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  });
  let text = "";
  let tell = (): void => {};
  let hasEnded = false;
  child.stdout!.on("end", () => {
    hasEnded = true;
    tell();
  });
  child.stdout!.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    tell();
  });
  return {
    child,
    async line() {
      while (!text.includes("\n")) {
        // Not the end of the process: the successors of a process write to the same place.
        if (hasEnded) throw new Error(`${name} has nothing more to say`);
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
      const end = text.indexOf("\n");
      const first = text.slice(0, end);
      text = text.slice(end + 1);
      return first;
    },
  };
}

test(
  "pnpm handoff: two workers and a back server answer every number in order",
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [programOf("main.js")], {
      env: { ...process.env, NODE_OPTIONS: "" },
      timeout: MINUTES,
    });
    expect(stdout.match(/answered 1000 numbers in order, after 1 move\b/g)).toHaveLength(3);
    expect(stdout).toMatch(/nothing was lost, doubled or overtaken\n$/);
  },
  MINUTES,
);

const CONNECTIONS = 200;

async function conversations(url: string, isEnough: (seen: Seen) => boolean) {
  const seen: Promise<Seen>[] = [];
  for (let opened = 0; opened < CONNECTIONS; opened += 50) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => connect(url)));
    seen.push(...sockets.map((socket) => converse(socket, 3, isEnough)));
  }
  return Promise.all(seen);
}

for (const moves of [0, 20]) {
  const what = moves === 0 ? "that stay, for comparison," : `that move ${moves} times each`;
  test(
    `${CONNECTIONS} connections ${what} lose, double and overtake nothing, and no client notices`,
    async () => {
      const { child, line } = started("mover.js", [String(moves)]);
      const url = await line();
      // `converse` checks each number of both sides, and that the connection closes cleanly.
      const seen = await conversations(
        url,
        ({ answers, moves: done }) => done >= moves && answers >= 200,
      );
      expect(seen.map(({ moves: done }) => done)).toEqual(Array(CONNECTIONS).fill(moves));
      child.stdin!.end();
      const took: number[] = (JSON.parse(await line()) as number[]).sort((a, b) => a - b);
      expect(took).toHaveLength(CONNECTIONS * moves);
      if (moves === 0) return;
      const quantile = (share: number): string =>
        took[Math.floor((took.length - 1) * share)]!.toFixed(1);
      console.log(`${took.length} moves: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`);
    },
    MINUTES,
  );
}

test(
  "a rolling restart under load: no failed connection and no lost message",
  async () => {
    const { line } = started("restart.js");
    const served = /^(\d+) serves (\S+)$/;
    let [, pid, url] = served.exec(await line())!;
    onTestFinished(() => void process.kill(Number(pid), "SIGTERM"));
    let isOver = false;
    // Old connections speak all the time, and new ones come all the time.
    const steady = conversations(url!, () => isOver);
    const newcomers = (async () => {
      let count = 0;
      for (; !isOver; count += 1) {
        const socket = await connect(url!);
        await converse(socket, 2, ({ answers }) => answers >= 10);
      }
      return count;
    })();
    for (let restart = 0; restart < 3; restart += 1) {
      process.kill(Number(pid), "SIGHUP");
      const gone = Number(pid);
      [, pid, url] = served.exec(await line())!;
      // The old process ends when it has no connection left.
      await vi.waitUntil(() => !isRunning(gone), { timeout: 60_000 });
    }
    isOver = true;
    const seen = await steady;
    expect(Math.max(...seen.map(({ moves }) => moves))).toBe(3);
    expect(await newcomers).toBeGreaterThan(0);
  },
  MINUTES,
);

function isRunning(pid: number): boolean {
  try {
    // A process that has ended and whose parent is gone is nobody's: only a signal tells.
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
