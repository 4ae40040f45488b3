/** The measures of the guard: nothing that depends on the speed of the machine. */
import { type Child, startChild } from "../child-process.ts";
import type { SubjectName } from "../echo/subjects.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Figures } from "./baselines.ts";
import { HEAP_CASES, HEAP_FLAGS } from "./heap-cases.ts";
import type { HeapCalls } from "./heap-process.ts";
import { systemCallsPerBurst } from "./system-calls.ts";

/** Where the program is, seen from `src/` as well as from `dist/`. */
const HEAP_PROGRAM = new URL("../../dist/guard/heap-process.js", import.meta.url);

async function inHeapProcess<T>(use: (process: Child<HeapCalls>) => Promise<T>): Promise<T> {
  const process = startChild<HeapCalls>(HEAP_PROGRAM, {
    path: programNamed("node").path,
    flags: HEAP_FLAGS,
  });
  try {
    return await use(process);
  } finally {
    process.stop();
  }
}

/** Heap of the engine per frame, and of a server per message, on the Node that runs this. Each has a process of its own. */
export async function measureHeap(): Promise<Figures> {
  const { label } = programNamed("node");
  const figures: Record<string, number> = {};
  figures[`${label}: cursor path, heap bytes/frame`] = await inHeapProcess((process) =>
    process.call("heapPerFrame"),
  );
  for (const { name, messages } of HEAP_CASES) {
    const { heap, arrayBuffers } = await inHeapProcess((process) =>
      process.call("perMessage", name),
    );
    // A handful of large messages does not average out what else the process does.
    if (messages >= 1_000) figures[`${label}: ${name}, heap bytes/message`] = heap;
    figures[`${label}: ${name}, buffer bytes/message`] = arrayBuffers;
  }
  return figures;
}

/**
 * One connection with one message of 64 bytes under way; and with 16, which come in one read and go back in one write, or in two
 * when the hook answers in a promise.
 */
const EXCHANGES: readonly (readonly [name: string, caseName: string])[] = [
  ["64 B", "100x1x64"],
  ["16 x 64 B", "100x16x64-bursts"],
  ["16 x 64 B, async hook", "100x16x64-async"],
];

export async function measureSystemCalls(runtime: Program["runtime"]): Promise<Figures> {
  const program = programNamed(runtime);
  const figures: Record<string, number> = {};
  for (const [name, caseName] of EXCHANGES) {
    const subject: SubjectName = `sansocket-${runtime}`;
    figures[`${program.label}: ${name}, system calls/burst`] = await systemCallsPerBurst(
      program,
      subject,
      caseName,
    );
  }
  return figures;
}
