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
}

/** A runtime, and what stands between its name and the module on the command line. */
export interface Program {
  readonly path: string;
  readonly flags: readonly string[];
}

/** @param program what runs the module; null: the runtime that runs this. */
export function startChild<C extends Calls<C>>(
  module: URL,
  program: Program | null = null,
): Child<C> {
  // Without --expose-gc and whatever else this process was started with: a server as users start it.
  const child = fork(
    fileURLToPath(module),
    program === null ? { execArgv: [] } : { execPath: program.path, execArgv: [...program.flags] },
  );
  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        function onExit(code: number | null): void {
          child.off("message", onAnswer);
          reject(new Error(`${module.pathname} ended with ${code} in ${name}`));
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
    stop: () => void child.kill(),
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
