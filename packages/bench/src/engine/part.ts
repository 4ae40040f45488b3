/**
 * The engine alone, without sockets, against `ws` (with its add-on and without), `websocket-driver`, and one copy of the same
 * bytes. Every subject gets the same bytes in fresh copies, reads the ends of each payload, and must come to the same count
 * and checksum. Figures are CPU time of the process; medians over the rounds.
 */
import { startChild } from "../child-process.ts";
import type { Part } from "../part.ts";
import type { Program } from "../programs.ts";
import type { Detail, Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";
import { targetOf } from "../targets.ts";
import { CASES, type EngineCase } from "./cases.ts";
import type { MeasureCalls } from "./measure-process.ts";

const OURS = "sansocket";
const PLAIN = "sansocket, plain";
const WS = "ws";
const WS_BUFFERUTIL = "ws + bufferutil";
const PEERS: readonly string[] = [WS, WS_BUFFERUTIL, "websocket-driver"];
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
  // Without kernels of the adapter, one measurement is both rows.
  if (engineCase.id === "E1") rows.push(row(WS, "E1'", costs[PLAIN] ?? costs[OURS]!));
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
      "/ one copy": (cost(OURS) / cost("memcpy")).toFixed(1),
      ws: cost(WS).toFixed(1),
      "+ bufferutil": cost(WS_BUFFERUTIL).toFixed(1),
      "websocket-driver": cost("websocket-driver").toFixed(1),
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

export const engine: Part = {
  name: "engine",
  measures: "the engine alone, without sockets",
  cases: [...CASES.map(({ name }) => name), HEAP_CASE],
  isPerRuntime: true,
  async run({ programs, isQuick, wants, tell }) {
    const rows: Row[] = [];
    const details: Detail[] = [];
    for (const program of programs) {
      const process = startChild<MeasureCalls>(new URL("./measure-process.js", import.meta.url), {
        path: program.path,
        flags: program.collecting,
      });
      try {
        for (const engineCase of CASES) {
          if (!wants(engineCase.name)) continue;
          tell(`${program.label} ${engineCase.name}`);
          const costs = await process.call("measure", engineCase.name, isQuick ? 2 : 9);
          rows.push(...rowsOf(program, engineCase, costs));
          details.push(detailOf(program, engineCase, costs));
        }
        if (program.runtime === "node" && wants(HEAP_CASE)) {
          rows.push(heapRow(program, await process.call("heapBytesPerFrame")));
        }
      } finally {
        process.stop();
      }
    }
    return { rows, details };
  },
};
