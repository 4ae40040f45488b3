/**
 * The candidates that are measured on each runtime. A new candidate is a file in `subjects/`, a line in {@link LOADERS}, and a line in
 * {@link CANDIDATES}.
 */
import type { RuntimeName } from "@sansocket/workshop/runtimes";
import type { Listen } from "./subjects/subject.ts";

export const LOADERS = {
  "sansocket-node": async () => (await import("./subjects/sansocket-node.ts")).listen,
  "sansocket-node-lend": async () => (await import("./subjects/sansocket-node.ts")).listenLending,
  "sansocket-node-data": async () => (await import("./subjects/sansocket-data.ts")).listen,
  "sansocket-deno": async () => (await import("./subjects/sansocket-deno.ts")).listen,
  "sansocket-deno-lend": async () => (await import("./subjects/sansocket-deno.ts")).listenLending,
  "sansocket-bun": async () => (await import("./subjects/sansocket-bun.ts")).listen,
  "sansocket-bun-lend": async () => (await import("./subjects/sansocket-bun.ts")).listenLending,
  ws: async () => (await import("./subjects/ws.ts")).listen,
  "bun-serve": async () => (await import("./subjects/bun-serve.ts")).listen,
  "deno-serve": async () => (await import("./subjects/deno-serve.ts")).listen,
  "raw-node": async () => (await import("./subjects/raw-node.ts")).listen,
  "raw-deno": async () => (await import("./subjects/raw-deno.ts")).listen,
  "raw-bun": async () => (await import("./subjects/raw-bun.ts")).listen,
} satisfies Record<string, () => Promise<Listen>>;

export type SubjectName = keyof typeof LOADERS;

/** "peer" is what the targets are about; "raw" is the floor. */
export type Side = "ours" | "peer" | "raw";

export interface Candidate {
  /** As tables print it. */
  readonly name: string;
  readonly side: Side;
  readonly subject: SubjectName;
  readonly env: Readonly<Record<string, string>>;
}

const NO_ADD_ON = { WS_NO_BUFFER_UTIL: "1" };

const candidate = (
  name: string,
  side: Side,
  subject: SubjectName,
  env: Candidate["env"] = {},
): Candidate => ({ name, side, subject, env });

export const DEFAULT = "sansocket";
export const LENDING = "sansocket, lend";
export const DATA_EVENTS = "sansocket, 'data'";
export const WS = "ws";
export const WS_BUFFERUTIL = "ws + bufferutil";

export const CANDIDATES: Readonly<Record<RuntimeName, readonly Candidate[]>> = {
  node: [
    candidate(DEFAULT, "ours", "sansocket-node"),
    candidate(LENDING, "ours", "sansocket-node-lend"),
    candidate(DATA_EVENTS, "ours", "sansocket-node-data"),
    candidate(WS, "peer", "ws", NO_ADD_ON),
    candidate(WS_BUFFERUTIL, "peer", "ws"),
    candidate("raw TCP", "raw", "raw-node"),
  ],
  deno: [
    candidate(DEFAULT, "ours", "sansocket-deno"),
    candidate(LENDING, "ours", "sansocket-deno-lend"),
    candidate("Deno.serve", "peer", "deno-serve"),
    candidate("raw TCP", "raw", "raw-deno"),
  ],
  bun: [
    candidate(DEFAULT, "ours", "sansocket-bun"),
    candidate(LENDING, "ours", "sansocket-bun-lend"),
    candidate("Bun.serve", "peer", "bun-serve"),
    candidate("raw TCP", "raw", "raw-bun"),
  ],
};

/** The peer that the runtime's targets are about. */
export function mainPeer(runtime: RuntimeName, isAgainstBufferutil: boolean): string {
  if (runtime === "node") return isAgainstBufferutil ? WS_BUFFERUTIL : WS;
  return CANDIDATES[runtime].find(({ side }) => side === "peer")!.name;
}

/**
 * The subjects that this case compares: `lend` changes nothing for text and for what is prepared, what is lent ends with a hook that
 * returns a promise, and 'data' events have one row.
 */
export function candidatesOf(
  runtime: RuntimeName,
  { isText, isAsync, exchange, name }: EchoCaseFacts,
): Candidate[] {
  return CANDIDATES[runtime].filter((one) => {
    if (one.name === LENDING) return !isText && !isAsync && exchange !== "broadcast";
    if (one.name === DATA_EVENTS) return name === "100x16x64";
    return true;
  });
}

interface EchoCaseFacts {
  readonly name: string;
  readonly isText: boolean;
  readonly isAsync: boolean;
  readonly exchange: string;
}
