/** Calls into a process of our own, one at a time, over Node's IPC channel. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

type Calls<C> = { readonly [N in keyof C]: (...args: never[]) => unknown };

interface Question {
  readonly name: string;
  readonly args: never[];
}

type Answer = { readonly value: unknown } | { readonly error: string };

export interface Child<C extends Calls<C>> {
  call<N extends keyof C & string>(
    name: N,
    ...args: Parameters<C[N]>
  ): Promise<Awaited<ReturnType<C[N]>>>;
  stop(): void;
  /** Ends the process by its own exit, and waits until it is gone. */
  leave(): Promise<void>;
}

/** The runtime that runs the module. */
export interface Command {
  readonly path: string;
  readonly flags: readonly string[];
}

/** @param env added to this process's own */
export function startChild<C extends Calls<C>>(
  module: URL,
  { path, flags }: Command,
  env: Readonly<Record<string, string>> = {},
): Child<C> {
  const child = fork(fileURLToPath(module), {
    execPath: path,
    execArgv: [...flags],
    env: { ...process.env, ...env },
  });
  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        function onExit(code: number | null, signal: string | null): void {
          child.off("message", onAnswer);
          reject(new Error(`${path} ${module.pathname} ended with ${code ?? signal} in ${name}`));
        }
        function onAnswer(answer: Answer): void {
          child.off("exit", onExit);
          if ("error" in answer) reject(new Error(answer.error));
          else resolve(answer.value as never);
        }
        child.once("exit", onExit);
        child.once("message", onAnswer as (message: unknown) => void);
        child.send({ name, args } satisfies { name: string; args: unknown[] });
      }),
    stop: () => void child.kill("SIGKILL"),
    leave: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) {
          resolve();
          return;
        }
        child.once("exit", () => resolve());
        if (child.connected) child.disconnect();
      }),
  };
}

/** In the child: what can be called. It ends with its parent. */
export function answerCalls<C extends Calls<C>>(calls: C): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ name, args }: Question) => {
    let answer: Answer;
    try {
      answer = { value: await calls[name as keyof C](...args) };
    } catch (error) {
      answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send!(answer);
  });
}
