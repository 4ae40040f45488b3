/**
 * `pnpm bench:idle [--json] [--runtime node|deno|bun]`: resident memory of our server per idle connection, as `top` or a
 * container's limit sees it. The server is a process of its own, fresh for each figure and started as users start it: nobody
 * collects its garbage. The clients are another process. Every connection has exchanged one message of 2 KB and is silent
 * then.
 *
 * "first 2,000" is all that the process has grown by, from before the first connection, divided by the connections: with what
 * a runtime takes once, when it wakes up. "next 8,000" is what each of those behind them adds. Medians of three processes.
 */
import { parseArgs } from "node:util";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import type { LoadCalls } from "../deflate/load-process.ts";
import { programOf, type RuntimeName } from "../deflate/programs.ts";
import type { ServerCalls } from "../deflate/server-process.ts";
import { startChild } from "../echo/child-process.ts";
import { printTable } from "../report.ts";

const { values: flags } = parseArgs({
  options: { json: { type: "boolean", default: false }, runtime: { type: "string" } },
});
const FIRST = 2_000;
const NEXT = 8_000;
/** Opened at once: fewer than any runtime's backlog. */
const WAVE = 100;
const PROCESSES = 3;
/** ms until what was under way has ended. */
const SILENCE = 2_000;

interface Figures {
  /** Bytes per connection. */
  readonly first: number;
  readonly next: number;
}

async function measure(runtime: RuntimeName): Promise<Figures> {
  const load = startChild<LoadCalls>(new URL("../deflate/load-process.js", import.meta.url));
  const server = startChild<ServerCalls>(
    new URL("../deflate/server-process.js", import.meta.url),
    programOf(runtime),
  );
  const residentMemory = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
    return await server.call("residentMemory");
  };
  try {
    const port = await server.call("listen", `sansocket-${runtime}`, "memory-off");
    await load.call("prepare", "memory-off");
    const open = async (count: number): Promise<void> => {
      for (let opened = 0; opened < count; opened += WAVE) {
        await load.call("openMore", port, WAVE);
      }
    };
    const before = await residentMemory();
    await open(FIRST);
    const between = await residentMemory();
    await open(NEXT);
    const after = await residentMemory();
    return { first: (between - before) / FIRST, next: (after - between) / NEXT };
  } finally {
    load.stop();
    server.stop();
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

const rows: ({ runtime: RuntimeName } & Figures)[] = [];
for (const runtime of RUNTIMES) {
  if (flags.runtime !== undefined && flags.runtime !== runtime) continue;
  const all: Figures[] = [];
  for (let count = 0; count < PROCESSES; count += 1) all.push(await measure(runtime));
  rows.push({
    runtime,
    first: median(all.map(({ first }) => first)),
    next: median(all.map(({ next }) => next)),
  });
}
if (flags.json) {
  console.log(JSON.stringify({ rows }, null, 2));
} else {
  printTable(
    ["runtime", "KB each, first 2,000", "KB each, next 8,000"],
    rows.map(({ runtime, first, next }) => [
      runtime,
      (first / 1_000).toFixed(1),
      (next / 1_000).toFixed(1),
    ]),
  );
}
