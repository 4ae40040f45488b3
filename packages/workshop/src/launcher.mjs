/**
 * pnpm 12 keeps a signal to itself: `kill` of pnpm, or of the npx that ran it, leaves what pnpm had started running
 * (https://github.com/pnpm/pnpm/issues/2653). A script that outlives them looks for itself whether they are still there.
 */
import { readFileSync } from "node:fs";

/**
 * @param {number | string | undefined} pid
 * @param {string} name
 */
function procFile(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return ""; // gone, or not Linux
  }
}

/**
 * Field 4 of proc(5) stat; field 2 is a name in parentheses that may itself hold some.
 * @param {number | string | undefined} pid
 */
function parentOf(pid) {
  const stat = procFile(pid, "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
}

/**
 * Call it early; the function that it returns says whether the pnpm that ran this script has gone, or, on Linux, the
 * `sh` between npx and pnpm, which dies for npx. Other shells may leave: `sh -c "pnpm start &"` means to. Never true
 * for a script that pnpm did not run, nor on Windows, where a process keeps the number of a parent that is gone.
 */
export function watchLauncher() {
  if (process.env["npm_lifecycle_event"] === undefined) return () => false;
  const pnpm = process.ppid;
  const shell = parentOf(pnpm);
  const isNpx = procFile(parentOf(shell), "cmdline").startsWith("npm exec");
  return () => process.ppid !== pnpm || (isNpx && parentOf(pnpm) !== shell);
}
