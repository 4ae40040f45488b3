/**
 * Memory that a server still holds after 100 messages of 16 MiB on 20 connections and a minute of silence, beside the bound
 * that docs/api.md names, and beside what a peer's server holds. Each server echoes, in a process of its own. "kept" is what
 * its process has more, as the operating system counts it, than before the messages: the engine's shelves, and what the
 * allocators of the runtime have not given back.
 */
import { KEPT_LARGE_BYTES } from "@sansocket/core";
import { startChild } from "../child-process.ts";
import { LARGEST } from "../echo/cases.ts";
import type { LoadCalls } from "../echo/load-process.ts";
import type { Kept, ServerCalls } from "../echo/server-process.ts";
import { CANDIDATES, type Candidate, DEFAULT, mainPeer } from "../echo/subjects.ts";
import { loadUrl, serverUrl } from "../echo/throughput.ts";
import type { Settings } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Row } from "../results.ts";

export const AFTER_LARGE = "after-large";

const BOUND = "the bound";

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

/** The shelves of the engine alone. The rest is kept by the allocators of the runtime, of arrays that are gone. */
const BY_ENGINE = `${AFTER_LARGE}/engine`;
const BY_ENGINE_AT_ONCE = `${AFTER_LARGE}/engine, at once`;

/** The case in which glibc asks the system for each array of 1 MiB or more, and so gives it back when it is freed. */
const BY_MMAP = `${AFTER_LARGE}/mmap`;
const MMAP: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: "1048576" };

async function measure(
  program: Program,
  { subject, env }: Candidate,
  more: Readonly<Record<string, string>>,
  isQuick: boolean,
): Promise<AfterLarge> {
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  const server = startChild<ServerCalls>(
    serverUrl,
    { path: program.path, flags: program.collecting },
    { ...env, ...more },
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

/** The process may hold less than before the messages. */
const keptBy = ({ before, after }: AfterLarge): number => Math.max(0, after - before);

function noteOf({ before, atOnce, afterSilence }: AfterLarge): string {
  return (
    `just behind the messages ${mebibytes(atOnce.resident - before)} more, ${mebibytes(atOnce.engine)} of it on the ` +
    `shelves; after the silence ${mebibytes(afterSilence.resident - before)} and ${mebibytes(afterSilence.engine)}; ` +
    "collected then"
  );
}

/** Ours beside the bound and beside the peer; with glibc also when it uses mmap for each large array. */
export async function afterLargeRows(program: Program, { isQuick }: Settings): Promise<Row[]> {
  const { label, runtime } = program;
  const peer = mainPeer(runtime, false);
  const candidate = (wanted: string): Candidate =>
    CANDIDATES[runtime].find(({ name }) => name === wanted)!;
  const ours = await measure(program, candidate(DEFAULT), {}, isQuick);
  const kept = (name: string, value: number, beside: string, bytes: number, note = ""): Row => ({
    name: `${label}/memory/${name}`,
    id: null,
    runtime: label,
    value,
    unit: "bytes in all",
    peer: beside,
    peerValue: bytes,
    ratio: bytes / Math.max(1, value),
    spread: null,
    target: beside === BOUND ? 1 : null,
    note,
  });
  const row = (name: string, of: AfterLarge, beside: string, bytes: number): Row =>
    kept(name, keptBy(of), beside, bytes, beside === BOUND ? noteOf(of) : "");
  const rows = [
    kept(BY_ENGINE_AT_ONCE, ours.atOnce.engine, BOUND, KEPT_LARGE_BYTES),
    kept(BY_ENGINE, ours.afterSilence.engine, BOUND, KEPT_LARGE_BYTES),
    row(AFTER_LARGE, ours, BOUND, KEPT_LARGE_BYTES),
  ];
  const theirs = await measure(program, candidate(peer), {}, isQuick);
  rows.push(row(AFTER_LARGE, ours, peer, keptBy(theirs)));
  if (runtime === "node" && process.platform === "linux") {
    const mapped = await measure(program, candidate(DEFAULT), MMAP, isQuick);
    rows.push(row(BY_MMAP, mapped, BOUND, KEPT_LARGE_BYTES));
  }
  return rows;
}
