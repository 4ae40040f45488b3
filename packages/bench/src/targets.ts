/**
 * The targets of the engine, the servers, their memory and their size, as ratios to a peer that is measured in the same
 * run: better when larger. `pnpm bench` prints each beside what was measured.
 */
import type { RuntimeName } from "@sansocket/workshop/runtimes";

export interface Target {
  readonly id: string;
  readonly metric: string;
  /** The least ratio on each runtime; a runtime that is missing here has no such row. */
  readonly least: Readonly<Partial<Record<RuntimeName, number>>>;
}

const everywhere = (least: number): Target["least"] => ({ node: least, bun: least, deno: least });

export const TARGETS: readonly Target[] = [
  {
    id: "E1",
    metric: "engine: 16 B binary frames in, 64 KiB chunks; time of `ws` Receiver / ours",
    least: { node: 20, bun: 30, deno: 20 },
  },
  {
    id: "E1'",
    metric: "the same without WebAssembly",
    least: { node: 13, bun: 18, deno: 13 },
  },
  {
    id: "E2",
    metric: "engine: 16 B in and echoed out; `ws` Receiver + Sender / ours",
    least: everywhere(20),
  },
  {
    id: "E3",
    metric: "engine: one 64 B message per `receive`, echoed; `ws` / ours",
    least: everywhere(6),
  },
  {
    id: "E4",
    metric: "engine: 1 KiB frames in; `ws` / ours",
    least: everywhere(10),
  },
  {
    id: "E4b",
    metric: "engine: 1 KiB frames in; `ws` with bufferutil / ours",
    least: { node: 4, bun: 6, deno: 4 },
  },
  {
    id: "E5",
    metric: "engine: 64 KiB messages in; `ws` with bufferutil / ours",
    least: everywhere(1.8),
  },
  {
    id: "E5b",
    metric: "engine: 1 MiB messages in; `ws` with bufferutil / ours",
    least: everywhere(1.8),
  },
  {
    id: "E6",
    metric: "engine: 16 B ASCII text to a string; `ws` + toString / ours",
    least: { node: 10, bun: 6, deno: 10 },
  },
  {
    id: "E7",
    metric: "heap on the cursor path: 0.05 bytes per frame / ours",
    least: { node: 1 },
  },
  {
    id: "N1",
    metric: "100 x 1 x 64 B: CPU of a raw TCP echo / ours",
    least: { node: 1.15, bun: 0.95, deno: 0.93 },
  },
  {
    id: "N1'",
    metric: "100 x 1 x 64 B: CPU of `ws`, Bun.serve, Deno.serve / ours",
    least: { node: 1.5, bun: 1, deno: 1.2 },
  },
  {
    id: "N2",
    metric: "100 x 16 x 64 B: CPU of `ws`, Bun.serve, Deno.serve / ours",
    least: { node: 15, bun: 1.2, deno: 12 },
  },
  {
    id: "N3",
    metric: "8 x 1 x 64 KiB: CPU of `ws` with bufferutil, Bun.serve, Deno.serve / ours",
    least: { node: 2, bun: 1.2, deno: 1.4 },
  },
  {
    id: "N4",
    metric: "1 x 1 x 1 MiB: CPU of `ws` with bufferutil, Bun.serve, Deno.serve / ours",
    least: { node: 1.15, bun: 1, deno: 1.6 },
  },
  {
    id: "N5",
    metric: "1 KiB to 1,000 connections: CPU of `ws`, Bun.serve, Deno.serve / ours",
    least: { node: 3, bun: 1, deno: 3 },
  },
  {
    id: "N6",
    metric: "Node by 'data' events only, 100 x 16 x 64 B: CPU of `ws` / ours",
    least: { node: 12 },
  },
  {
    id: "M1",
    metric: "engine and socket object of an idle connection: 500 bytes / ours",
    least: everywhere(1),
  },
  {
    id: "M2",
    metric: "memory of one idle connection more: `ws`, Bun.serve, Deno.serve / ours",
    least: { node: 1.6, bun: 1.4, deno: 1.8 },
  },
  {
    id: "Z1",
    metric: "permessage-deflate, chat of 150 B with takeover: CPU of `ws`, Bun.serve / ours",
    least: { node: 4, bun: 1 },
  },
  {
    id: "S1",
    metric: "size: core for a server, gzipped; 14 KiB / ours",
    least: { node: 1 },
  },
  {
    id: "S1b",
    metric: "size: core for a client, gzipped; 14 KiB / ours",
    least: { node: 1 },
  },
  {
    id: "S2",
    metric: "size: a whole echo server for Node, gzipped; 24 KiB / ours",
    least: { node: 1 },
  },
];

export function targetOf(id: string | null, runtime: RuntimeName): number | null {
  if (id === null) return null;
  const target = TARGETS.find((one) => one.id === id);
  if (target === undefined) throw new Error(`bug: no target ${id}`);
  return target.least[runtime] ?? null;
}
