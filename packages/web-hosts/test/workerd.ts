/** workerd in a process of its own, with the worker of programs/worker.ts in it. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";

/** An import would wrap its path once or twice, as the runtime likes. */
const require = createRequire(import.meta.url);

const CONFIG = fileURLToPath(new URL("../programs/workerd.capnp", import.meta.url));

export interface Worker {
  /** Where its server is, TCP. */
  readonly port: number;
  /** Asks the worker over HTTP. */
  ask(path: string): Promise<unknown>;
  /** What workerd has printed as warnings and errors until now: rejections that nobody handles, above all. */
  complaints(): string;
  stop(): Promise<void>;
}

/** @returns the path of a workerd that starts here; or, in `missing`, why there is none. */
function findWorkerd(): { readonly path: string } | { readonly missing: string } {
  try {
    const { default: path } = require("workerd") as { readonly default: string };
    execFileSync(path, ["--version"], { stdio: ["ignore", "ignore", "pipe"] });
    return { path };
  } catch (error) {
    return { missing: `workerd does not start on this machine: ${(error as Error).message}` };
  }
}

/** @returns a worker that runs; or why there is none, if that is the machine's fault and not the worker's. */
export async function startWorker(): Promise<Worker | string> {
  const workerd = findWorkerd();
  if ("missing" in workerd) return workerd.missing;
  const folder = mkdtempSync(join(tmpdir(), "sansocket-workerd-"));
  const { code } = await bundle('export { default } from "./worker.ts";');
  writeFileSync(join(folder, "worker.js"), code);
  copyFileSync(CONFIG, join(folder, "workerd.capnp"));
  const child = spawn(workerd.path, ["serve", join(folder, "workerd.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "inherit", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr!.on("data", (chunk) => {
    complaint += String(chunk);
  });
  const closed = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL"); // at SIGTERM it waits for connections
    await closed;
    rmSync(folder, { recursive: true });
  };
  const ports = await listening(child.stdio[3] as Readable);
  if (ports === null) {
    await stop();
    throw new Error(`workerd does not take the worker: ${complaint}`);
  }
  return {
    port: ports.tcp,
    async ask(path) {
      const response = await fetch(`http://127.0.0.1:${ports.http}${path}`);
      if (!response.ok) throw new Error(`${response.status} ${await response.text()} ${complaint}`);
      return await response.json();
    },
    complaints: () => complaint,
    stop,
  };
}

/** What workerd tells of its ports; null when it ends before. */
async function listening(control: Readable): Promise<{ http: number; tcp: number } | null> {
  const ports = { http: 0, tcp: 0 };
  for await (const line of createInterface(control)) {
    const { socket, port } = JSON.parse(line) as { socket: "http" | "tcp"; port: number };
    ports[socket] = port;
    if (ports.http > 0 && ports.tcp > 0) return ports;
  }
  return null;
}
