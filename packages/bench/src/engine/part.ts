/**
 * The engine alone, without sockets, against `ws` (with its add-on and without), `websocket-driver`, and one copy of the same
 * bytes. Every subject gets the same bytes in fresh copies, reads the ends of each payload, and must come to the same count
 * and checksum. Figures are CPU time of the process; medians over the rounds.
 */
import { type Child, startChild } from "../child-process.ts";
import type { Part } from "../part.ts";
import type { Program } from "../programs.ts";
import type { Detail, Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";
import { targetOf } from "../targets.ts";
import { CASES, type EngineCase } from "./cases.ts";
import type { MeasureCalls } from "./measure-process.ts";
import { MEMCPY, OURS, PLAIN, WEBSOCKET_DRIVER, WS, WS_BUFFERUTIL } from "./subject-names.ts";

const PEERS: readonly string[] = [WS, WS_BUFFERUTIL, WEBSOCKET_DRIVER];
const HEAP_CASE = "heap-per-frame";
const MOST_HEAP_PER_FRAME = 0.05;

type Costs = Readonly<Record<string, readonly number[]>>;

function rowsOf({ label, runtime }: Program, engineCase: EngineCase, costs: Costs): Row[] {
  const row = (peer: string, id: string | null, own = costs[OURS]!): Row => ({
    name: `${label}/engine/${engineCase.name}`,
    id,
    runtime: label,
    value: median(own),
    unit: "ns/frame",
    peer,
    peerValue: median(costs[peer]!),
    ...compareCosts(own, costs[peer]!),
    target: targetOf(id, runtime),
    note: "",
  });
  const rows = PEERS.map((peer) => {
    if (peer === WS) return row(peer, engineCase.id);
    return row(peer, peer === WS_BUFFERUTIL ? engineCase.bufferutilId : null);
  });
  if (costs[PLAIN] !== undefined) rows.push(row(WS, "E1'", costs[PLAIN]));
  return rows;
}

function detailOf({ label }: Program, { name, payloadBytes }: EngineCase, costs: Costs): Detail {
  const cost = (subject: string): number => median(costs[subject]!);
  return {
    name: `${label}/${name}`,
    cells: {
      case: `${label} ${name}`,
      "ns/frame": cost(OURS).toFixed(1),
      "MB/s": ((payloadBytes / cost(OURS)) * 1_000).toFixed(0),
      "/ one copy": (cost(OURS) / cost(MEMCPY)).toFixed(1),
      ws: cost(WS).toFixed(1),
      "+ bufferutil": cost(WS_BUFFERUTIL).toFixed(1),
      "websocket-driver": cost(WEBSOCKET_DRIVER).toFixed(1),
    },
  };
}

function heapRow({ label, runtime }: Program, bytes: number): Row {
  return {
    name: `${label}/engine/${HEAP_CASE}`,
    id: "E7",
    runtime: label,
    value: bytes,
    unit: "bytes/frame",
    peer: "the limit",
    peerValue: MOST_HEAP_PER_FRAME,
    ratio: MOST_HEAP_PER_FRAME / bytes,
    spread: null,
    target: targetOf("E7", runtime),
    note: "",
  };
}

function startProcess({ path, collecting }: Program): Child<MeasureCalls> {
  return startChild<MeasureCalls>(new URL("./measure-process.js", import.meta.url), {
    path,
    flags: collecting,
  });
}

/** For each candidate ns per frame, by round. Candidates take turns, each in a process of its own. */
async function measure(
  program: Program,
  engineCase: EngineCase,
  rounds: number,
): Promise<Record<string, number[]>> {
  const names = [OURS, ...PEERS, MEMCPY, ...(engineCase.id === "E1" ? [PLAIN] : [])];
  const costs: Record<string, number[]> = {};
  const processes = new Map<string, Child<MeasureCalls>>();
  try {
    for (const name of names) {
      const child = startProcess(program);
      processes.set(name, child);
      costs[name] = [];
      await child.call("warmUp", engineCase.name, name);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, child] of processes) costs[name]!.push(await child.call("round"));
    }
  } finally {
    for (const child of processes.values()) child.stop();
  }
  return costs;
}

export const engine: Part = {
  name: "engine",
  measures: "the engine alone, without sockets",
  cases: [...CASES.map(({ name }) => name), HEAP_CASE],
  isPerRuntime: true,
  async run({ programs, isQuick, wants, tell }) {
    const rows: Row[] = [];
    const details: Detail[] = [];
    for (const program of programs) {
      for (const engineCase of CASES) {
        if (!wants(engineCase.name)) continue;
        tell(`${program.label} ${engineCase.name}`);
        const costs = await measure(program, engineCase, isQuick ? 2 : 9);
        rows.push(...rowsOf(program, engineCase, costs));
        details.push(detailOf(program, engineCase, costs));
      }
      if (program.runtime !== "node" || !wants(HEAP_CASE)) continue;
      const child = startProcess(program);
      try {
        rows.push(heapRow(program, await child.call("heapBytesPerFrame")));
      } finally {
        child.stop();
      }
    }
    return { rows, details };
  },
};
