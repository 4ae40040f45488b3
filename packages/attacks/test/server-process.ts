/** The server under attack: programs/echo-server.mjs in a process of its own, on any of the three runtimes. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { get as httpGet } from "node:http";
import { get as httpsGet } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  binaryOf,
  commandOf,
  type RuntimeName,
  selectedRuntimes,
} from "@sansocket/workshop/runtimes";
import type { TestContext } from "vitest";

/** Those that SANSOCKET_RUNTIMES does not leave out. */
export const RUNTIMES: readonly RuntimeName[] = selectedRuntimes();

/** Why a test of TLS is skipped there: seen with 2.9.6, whatever is awaited before, and there is no way to reset. */
export const DENO_TLS_CLOSE =
  "close() of Deno's TlsConn keeps the descriptor until the peer has shaken hands and read the close_notify, or has left";

/** Of `serve`, as far as JSON can say it, and what the message hook does. */
export interface ServerOptions {
  readonly behaviour?: "echo" | "send" | "hold" | "close" | "leave";
  readonly limits?: Readonly<Record<string, number>>;
  readonly timeouts?: Readonly<Record<string, number>>;
  /** Those of `deflate`; compression is on where they are given. */
  readonly deflateOptions?: object;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface Stats {
  readonly rss: number;
  /** The largest that `rss` has ever been. The program collects its garbage twenty times a second. */
  readonly peakRss: number;
  readonly heapUsed: number;
  /** Bytes that somebody refers to, in the heap and outside of it. */
  readonly live: number;
  readonly connections: number;
  /** Of TCP. Null where the system does not tell. */
  readonly descriptors: number | null;
  readonly cpuMicroseconds: number;
  /** Bytes that have come out of zlib. */
  readonly inflated: number;
  /** How often the `error` hook was called, by code. */
  readonly errors: Readonly<Record<string, number>>;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../programs/echo-server.mjs", import.meta.url));
export class EchoServer {
  readonly runtime: RuntimeName;
  readonly port: number;
  /** What it was before anybody had connected. */
  readonly before: Stats;
  private readonly process: ServerProcess;

  constructor(runtime: RuntimeName, port: number, before: Stats, process: ServerProcess) {
    this.runtime = runtime;
    this.port = port;
    this.before = before;
    this.process = process;
  }

  /** After a garbage collection. Fails when the server has died. */
  stats(): Promise<Stats> {
    return statsOf(this.process, this.port);
  }

  /** Waits until nobody is connected and every descriptor has come back. */
  async idle(): Promise<Stats> {
    const { descriptors } = this.before;
    let stats = await this.stats();
    // Sooner than `timeouts.idle`, which would end what nobody else has noticed.
    for (let count = 0; count < 800; count += 1) {
      if (stats.connections === 0 && (stats.descriptors ?? 0) <= (descriptors ?? 0)) return stats;
      await new Promise((resolve) => setTimeout(resolve, 100));
      stats = await this.stats();
    }
    throw new Error(
      `${stats.connections} connections and ${stats.descriptors} descriptors are left, of ${descriptors} at the start`,
    );
  }

  /** Stops the whole process for so many ms, as a debugger does, or a machine that is suspended. */
  async freeze(ms: number): Promise<void> {
    const { child } = this.process;
    child.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill("SIGCONT");
  }

  /** The line that it says at the end, which is JSON. */
  async lastWords(): Promise<unknown> {
    const { child } = this.process;
    const line = /^\{.*\}$/m;
    while (!line.test(this.process.output)) {
      if (child.exitCode !== null) throw died(this.process, child.exitCode);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return JSON.parse(line.exec(this.process.output)![0]);
  }

  /** What is referred to now, more than before anybody had connected, MB: the least of some readings, the sweeper lags. */
  async live(): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 10; count += 1) {
      least = Math.min(least, (await this.stats()).live - this.before.live);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return least / 1e6;
  }

  /**
   * Prints the outcome of an attack, and checks that the server has survived it without a word.
   * @returns how much its resident memory has grown at most, MB.
   */
  async outlived(row: string, outcome: string): Promise<number> {
    const { peakRss, errors } = await this.stats();
    const growth = (peakRss - this.before.rss) / 1e6;
    const reported = Object.entries(errors).map(([code, count]) => `, ${count} x ${code}`);
    const figures = `+${growth.toFixed(0)} MB${reported.join("")}`;
    console.log(`${row.padEnd(4)} ${this.runtime.padEnd(5)} ${outcome} · ${figures}`);
    if (this.process.complaints !== "") throw new Error(this.process.complaints);
    return growth;
  }
}

interface ServerProcess {
  readonly child: ChildProcess;
  readonly isSecure: boolean;
  /** What it has written to stderr; a healthy server has nothing to say there. */
  complaints: string;
  /** To stdout. */
  output: string;
}

/** Starts a server of its own for the test that asks. Skips the test where the runtime or its adapter is not there. */
export async function startServer(
  { skip, onTestFinished }: TestContext,
  runtime: RuntimeName,
  options: ServerOptions = {},
): Promise<EchoServer> {
  if (binaryOf(runtime) === null) skip(`${runtime} is not installed`);
  const adapter = join(ROOT, "packages", runtime, "dist/index.js");
  if (!existsSync(adapter)) skip(`@sansocket/${runtime} is not built`);
  const [binary, ...flags] = commandOf(runtime, { collecting: true });
  const child = spawn(
    binary,
    [...flags, PROGRAM, `@sansocket/${runtime}`, JSON.stringify(options)],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const server: ServerProcess = {
    child,
    isSecure: options.tls !== undefined,
    complaints: "",
    output: "",
  };
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    server.complaints += text;
  });
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await gone;
  });
  const port = await portOf(server);
  return new EchoServer(runtime, port, await statsOf(server, port), server);
}

function portOf(server: ServerProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    server.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      server.output += text;
      const [, port] = /listening on (\d+)/.exec(server.output) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    server.child.once("error", reject);
    server.child.once("exit", (code) => reject(died(server, code)));
  });
}

function statsOf(server: ServerProcess, port: number): Promise<Stats> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(died(server, code));
    if (server.child.exitCode !== null) return onExit(server.child.exitCode);
    server.child.once("exit", onExit);
    const get = server.isSecure ? httpsGet : httpGet;
    const options = { host: "127.0.0.1", port, path: "/stats", rejectUnauthorized: false };
    get({ ...options, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => {
        server.child.off("exit", onExit);
        resolve(JSON.parse(body));
      });
    }).on("error", reject);
  });
}

function died({ complaints }: ServerProcess, code: number | null): Error {
  return new Error(`the server has ended with ${code}: ${complaints}`);
}
