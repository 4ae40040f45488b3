/** System calls of a server per burst of messages, counted by strace: only those that move bytes or wait for them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../child-process.ts";
import type { ServerCalls } from "../echo/server-process.ts";
import type { SubjectName } from "../echo/subjects.ts";
import type { Program } from "../programs.ts";
import { exchangeInLockStep } from "./lock-step.ts";

const COUNTED = [
  ...["read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg"],
  ...["epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll", "ppoll", "io_uring_enter"],
];

/** Null when strace can count here; else why it cannot. */
export function whyNoStrace(): string | null {
  const run = spawnSync("strace", ["-c", "-o", "/dev/null", process.execPath, "--version"], {
    encoding: "utf8",
  });
  if (run.error !== undefined) return `strace cannot be started: ${run.error.message}`;
  if (run.status !== 0) return `strace may not trace here: ${run.stderr.trim()}`;
  return null;
}

/** Where this server's program is, seen from `src/` as well as from `dist/`. */
const SERVER = new URL("../../dist/echo/server-process.js", import.meta.url);

/** The sum of the column "calls" of `strace -c`. */
export function callsIn(summary: string): number {
  const head = summary.split("\n").find((line) => line.includes("calls"));
  if (head === undefined) throw new Error(`not a summary of strace: ${summary}`);
  const end = head.indexOf("calls") + "calls".length;
  return summary
    .split("\n")
    .filter((line) => COUNTED.includes(line.trim().split(/\s+/).at(-1)!))
    .map((line) => Number(/(\d+)$/.exec(line.slice(0, end))?.[1] ?? Number.NaN))
    .reduce((sum, count) => sum + count, 0);
}

async function callsOf(
  program: Program,
  subject: SubjectName,
  caseName: string,
  bursts: number,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sansocket-guard-"));
  const summary = join(folder, "summary");
  const flags = ["-c", "-f", "-e", `trace=${COUNTED.map((name) => `?${name}`).join(",")}`];
  const server = startChild<ServerCalls>(SERVER, {
    path: "strace",
    flags: [...flags, "-o", summary, program.path, ...program.flags],
  });
  try {
    const port = await server.call("listen", subject, caseName);
    await exchangeInLockStep(port, caseName, bursts);
    await server.leave(); // strace writes its summary then
    return callsIn(readFileSync(summary, "utf8"));
  } finally {
    await server.leave();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** So many, that what a process does besides weighs less than a tenth of a call. */
const BURSTS = 2_000;

/** The cost of so many bursts more, so that the start and the end of the process do not count. */
export async function systemCallsPerBurst(
  program: Program,
  subject: SubjectName,
  caseName: string,
): Promise<number> {
  const few = await callsOf(program, subject, caseName, BURSTS);
  const more = await callsOf(program, subject, caseName, 2 * BURSTS);
  return (more - few) / BURSTS;
}
