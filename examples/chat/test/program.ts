/** The chat as `pnpm start` runs it: in a process of its own, in any of the runtimes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("../../../scripts/start.mjs", import.meta.url));

export interface Program {
  readonly url: string;
  /** Ends it as a user would; the exit code. */
  end(): Promise<number | null>;
}

export async function started(runtime: string, port: number = 0): Promise<Program> {
  // Not as a script of pnpm's: it would look for the pnpm that had started it.
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child: ChildProcess = spawn(
    process.execPath,
    [START, "--runtime", runtime, "--port", String(port)],
    { stdio: ["ignore", "pipe", "inherit"], env },
  );
  const end = async (): Promise<number | null> => {
    // Not twice: a process that is about to end may have let go of its handlers.
    if (!child.killed) child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    return child.exitCode;
  };
  for await (const line of createInterface(child.stdout!)) {
    const url = /^listening on (.*)$/.exec(line)?.[1];
    if (url !== undefined) return { url, end };
  }
  throw new Error("it ended before it listened");
}
