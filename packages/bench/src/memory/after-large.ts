/**
 * Memory that a server still holds after 100 messages of 16 MiB on 20 connections and a minute of silence, beside the bound
 * that docs/api.md names. The server echoes in the default mode, in a process of its own. "kept" is what its process has
 * more, as the operating system counts it, than before the messages: the engine's shelves, and what the allocators of the
 * runtime have not given back.
 */
import { KEPT_LARGE_BYTES } from "@sansocket/core";
import { startChild } from "../child-process.ts";
import { LARGEST } from "../echo/cases.ts";
import type { LoadCalls } from "../echo/load-process.ts";
import type { Kept, ServerCalls } from "../echo/server-process.ts";
import { CANDIDATES, DEFAULT } from "../echo/subjects.ts";
import { loadUrl, serverUrl } from "../echo/throughput.ts";
import type { Settings } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Row } from "../results.ts";

export const AFTER_LARGE = "after-large";

/** Each of the 20 connections has one message under way: 100 messages. */
const EXCHANGES = 5;
/** ms */
const MINUTE = 60_000;
/** ms until the runtime has freed what a collection has found. */
const SWEEP = 2_000;
/** ms for 20 messages of 16 MiB and their echoes, on a machine that does much else. */
const PATIENCE = 120_000;

interface AfterLarge {
  /** Resident bytes, behind a collection. */
  readonly before: number;
  readonly atOnce: Kept;
  readonly afterSilence: Kept;
  /** Resident bytes, behind a collection. */
  readonly after: number;
}

async function measure(program: Program, isQuick: boolean): Promise<AfterLarge> {
  const { subject, env } = CANDIDATES[program.runtime].find(({ name }) => name === DEFAULT)!;
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  const server = startChild<ServerCalls>(
    serverUrl,
    { path: program.path, flags: program.collecting },
    env,
  );
  try {
    const port = await server.call("listen", subject, LARGEST.name);
    await load.call("prepare", LARGEST.name);
    await load.call("open", port, LARGEST.connections);
    const before = await server.call("memory");
    for (let count = 0; count < (isQuick ? 1 : EXCHANGES); count += 1) {
      await load.call("exchange", 0, PATIENCE);
    }
    const atOnce = await server.call("kept");
    await new Promise((resolve) => setTimeout(resolve, isQuick ? 1_000 : MINUTE));
    const afterSilence = await server.call("kept");
    // V8 frees the buffers of collected arrays beside the program: the first call collects, and the second one counts.
    await server.call("memory");
    await new Promise((resolve) => setTimeout(resolve, SWEEP));
    return { before, atOnce, afterSilence, after: await server.call("memory") };
  } finally {
    load.stop();
    server.stop();
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

export async function afterLargeRow(program: Program, { isQuick }: Settings): Promise<Row> {
  const { label } = program;
  const { before, atOnce, afterSilence, after } = await measure(program, isQuick);
  // The process may hold less than before the messages.
  const kept = Math.max(0, after - before);
  return {
    name: `${label}/memory/${AFTER_LARGE}`,
    id: null,
    runtime: label,
    value: kept,
    unit: "bytes in all",
    peer: "the bound",
    peerValue: KEPT_LARGE_BYTES,
    ratio: KEPT_LARGE_BYTES / Math.max(1, kept),
    spread: null,
    target: 1,
    note:
      `just behind the messages ${mebibytes(atOnce.resident - before)} more, ${mebibytes(atOnce.engine)} of it on the ` +
      `shelves; after the silence ${mebibytes(afterSilence.resident - before)} and ${mebibytes(afterSilence.engine)}; ` +
      "collected then",
  };
}
