/** Programs of ../programs, each in a process of its runtime, that speak in lines of JSON. They run what is compiled. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { commandOf, type RuntimeName } from "@sansocket/workshop/runtimes";
import { Mailbox } from "./mailbox.ts";

const programs = fileURLToPath(new URL("../programs", import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: whatever the programs say, it is compared as it is
export type Line = any;

export class Program {
  private readonly lines: Mailbox<Line> = new Mailbox();
  private readonly name: string;
  private readonly child: ChildProcess;
  private settling = 0;

  constructor(
    runtime: RuntimeName,
    program: string,
    given: readonly string[],
    options: {
      readonly flags?: readonly string[];
      readonly env?: NodeJS.ProcessEnv;
      /** A command that runs the program, and its arguments: "strace", for instance. */
      readonly under?: readonly string[];
    } = {},
  ) {
    this.name = `${program} on ${runtime}`;
    const { flags = [], env = {}, under = [] } = options;
    const [command, ...its] = [...under, ...commandOf(runtime), ...flags];
    this.child = spawn(command!, [...its, join(programs, program), ...given], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "", ...env },
    });
    const lines = createInterface({ input: this.child.stdout! });
    lines.on("line", (line) => this.lines.put(JSON.parse(line)));
    this.child.stdin!.on("error", () => {}); // it has left, and `exit` says so
    this.child.on("exit", (code) => this.lines.put({ exit: code }));
  }

  private tell(command: object): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  /** What it says next. */
  async next(): Promise<Line> {
    const line = await this.lines.take();
    if (!("exit" in line)) return line;
    this.lines.put(line); // for whoever asks after this
    throw new Error(`${this.name} ended with ${line.exit}`);
  }

  /** @returns what the program answers to this. */
  async ask(command: object): Promise<Line> {
    this.tell(command);
    return await this.next();
  }

  /** @returns all events up to the end of the last connection. */
  async settled(): Promise<Line[]> {
    this.settling += 1;
    this.tell({ settled: this.settling });
    const events: Line[] = [];
    for (;;) {
      const line = await this.next();
      if (line.settled === this.settling) return events;
      events.push(line);
    }
  }

  /** Everything that it says, and how it ends by itself. */
  async untilExit(): Promise<Line[]> {
    const lines: Line[] = [];
    do lines.push(await this.lines.take());
    while (!("exit" in lines.at(-1)));
    return lines;
  }

  /** The programs leave with their stdin. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    if (this.child.exitCode !== null) return;
    this.child.stdin!.end();
    await gone;
  }
}

export interface Ports {
  readonly plain: number;
  readonly secure: number;
}

/** A server program, once it listens. */
export async function startServer(
  runtime: RuntimeName,
  program: string,
  given: readonly string[],
): Promise<{ readonly program: Program; readonly ports: Ports }> {
  const started = new Program(runtime, program, given);
  const { listening } = await started.next();
  return { program: started, ports: listening };
}
