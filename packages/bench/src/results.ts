/** The output of a measurement: rows, the object of `--json`, and how a later run is merged into it. */
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
  /** The target of `ratio`; null: printed for information. */
  readonly target: number | null;
  /** The row of {@link TARGETS} that this is about: "E1". */
  readonly id: string | null;
  /** "node20", "node26", "deno", "bun". */
  readonly runtime: string;
  /** The peer's, in the same unit. */
  readonly peerValue: number;
  /** The least and the largest ratio of a single round; null where there are no rounds. */
  readonly spread: readonly [least: number, largest: number] | null;
  /** A remark that a reader of the figure needs; "" for none. */
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

/** A part that was measured in several runs, one runtime after the other. */
function mergePart(earlier: PartResult | undefined, later: PartResult): PartResult {
  if (earlier === undefined) return later;
  const both = (one: string, other: string): string =>
    one.endsWith(other) ? one : `${one}, ${other}`;
  return {
    date: both(earlier.date, later.date),
    machine: both(earlier.machine, later.machine),
    versions: { ...earlier.versions, ...later.versions },
    isQuick: earlier.isQuick || later.isQuick,
  };
}

/** "node20/echo/100x1x64" is a row of the part "echo". A row that depends on no runtime is in "size/…". */
export function partOf({ name }: Row): string {
  const [first, second] = name.split("/");
  return first === "size" ? first : second!;
}

function without({ parts, rows, details }: Results, left: readonly string[]): Results {
  const isKept = ([part]: readonly [string, unknown]): boolean => !left.includes(part);
  return {
    parts: Object.fromEntries(Object.entries(parts).filter(isKept)),
    rows: rows.filter((row) => !left.includes(partOf(row))),
    details: Object.fromEntries(Object.entries(details).filter(isKept)),
  };
}

/**
 * The later run replaces what it has measured again, and leaves the rest; but what was taken with `--quick` does not stand
 * beside what was not.
 */
export function mergeResults(all: Results, later: Results): Results {
  const earlier = without(
    all,
    Object.keys(later.parts).filter(
      (part) => all.parts[part]?.isQuick === true && !later.parts[part]!.isQuick,
    ),
  );
  const details = { ...earlier.details };
  for (const [part, measured] of Object.entries(later.details)) {
    details[part] = mergeByName(details[part] ?? [], measured);
  }
  return {
    parts: {
      ...earlier.parts,
      ...Object.fromEntries(
        Object.entries(later.parts).map(([part, about]) => [
          part,
          mergePart(earlier.parts[part], about),
        ]),
      ),
    },
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
