/** The form of every benchmark's result: a table to read, or an object to compare. */

export interface Row {
  readonly name: string;
  /** Ours. */
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  /** Better when larger; 1 is as good as the peer. */
  readonly ratio: number;
  /** What `ratio` is to reach; null: printed for information. */
  readonly target: number | null;
}

export function printRows(rows: readonly Row[], asJson: boolean): void {
  if (asJson) {
    console.log(JSON.stringify({ rows }, null, 2));
    return;
  }
  const heads = ["name", "ours", "unit", "peer", "ratio", "target", ""];
  const lines = rows.map(({ name, value, unit, peer, ratio, target }) => [
    name,
    value.toFixed(1),
    unit,
    peer,
    `${ratio.toFixed(2)}x`,
    target === null ? "" : `>= ${target}`,
    target === null ? "" : ratio >= target ? "reached" : "MISSED",
  ]);
  printTable(heads, lines);
}

export function printTable(heads: readonly string[], lines: readonly string[][]): void {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => line[column]!.length)),
  );
  for (const line of [heads, ...lines]) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
  }
}
