/** What a measurement prints: rows, the object of `--json`, and how a later run is merged into it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** One figure of ours beside one of a peer, of the same run. */
export interface Row {
  /** "node20/echo/100x1x64/lend": the runtime, the part, the case, and ours in it. */
  readonly name: string;
  /** Ours. */
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  /** Better when larger; 1 is as good as the peer. */
  readonly ratio: number;
  /** What `ratio` is to reach; null: printed for information. */
  readonly target: number | null;
  /** The row of {@link TARGETS} that this is about: "E1". */
  readonly id: string | null;
  /** "node20", "node26", "deno", "bun". */
  readonly runtime: string;
  /** The peer's, in the same unit. */
  readonly peerValue: number;
  /** The least and the largest ratio of a single round; null where there are no rounds. */
  readonly spread: readonly [least: number, largest: number] | null;
  /** What a reader has to know about the figure; "" when nothing. */
  readonly note: string;
}

/** A figure that stands for itself: a server of a case, without comparison. */
export interface Detail {
  readonly name: string;
  /** Head of the column, and the cell as it is printed. */
  readonly cells: Readonly<Record<string, string>>;
}

export interface PartResult {
  /** "2026-11-26" */
  readonly date: string;
  /** "linux, 2 x Intel Xeon" */
  readonly machine: string;
  /** Programs by label: `{ node20: "20.20.2", ws: "8.23.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Taken with `--quick`: few rounds, not for the documentation. */
  readonly isQuick: boolean;
}

export interface Results {
  readonly parts: Readonly<Record<string, PartResult>>;
  readonly rows: readonly Row[];
  readonly details: Readonly<Record<string, readonly Detail[]>>;
}

const NO_RESULTS: Results = { parts: {}, rows: [], details: {} };

export function readResults(path: string): Results {
  if (!existsSync(path)) return NO_RESULTS;
  return JSON.parse(readFileSync(path, "utf8")) as Results;
}

export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

/** The later run replaces what it has measured again, and leaves the rest. */
export function mergeResults(earlier: Results, later: Results): Results {
  const details = { ...earlier.details };
  for (const [part, measured] of Object.entries(later.details)) {
    details[part] = mergeByName(details[part] ?? [], measured);
  }
  return {
    parts: { ...earlier.parts, ...later.parts },
    rows: mergeByName(earlier.rows, later.rows, (row) => `${row.name} ${row.peer} ${row.id}`),
    details,
  };
}

function mergeByName<T extends { readonly name: string }>(
  earlier: readonly T[],
  later: readonly T[],
  keyOf: (one: T) => string = ({ name }) => name,
): T[] {
  const merged = new Map(earlier.map((one) => [keyOf(one), one]));
  for (const one of later) merged.set(keyOf(one), one);
  return [...merged.values()];
}
