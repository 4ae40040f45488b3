/** Results as tables to read. */
import type { Detail, Results, Row } from "./results.ts";
import { TARGETS } from "./targets.ts";

export function verdictOf({ ratio, target }: Row): "" | "reached" | "MISSED" {
  if (target === null) return "";
  return ratio >= target ? "reached" : "MISSED";
}

/** Three digits that count. */
export function shortNumber(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  if (value === 0) return "0";
  return String(Number(value.toPrecision(3)));
}

const shortRatio = (ratio: number): string => `${ratio.toFixed(2)}x`;

/** Ratios first; the target beside them. */
export function tableOfRows(rows: readonly Row[]): string[][] {
  return [
    ["row", "ratio", "target", "", "rounds", "ours", "peer's", "unit", "peer", "name", "note"],
    ...rows.map((row) => [
      row.id ?? "",
      shortRatio(row.ratio),
      row.target === null ? "" : `>= ${row.target}`,
      verdictOf(row),
      row.spread === null ? "" : row.spread.map((one) => one.toFixed(2)).join(" to "),
      shortNumber(row.value),
      shortNumber(row.peerValue),
      row.unit,
      row.peer,
      row.name,
      row.note,
    ]),
  ];
}

export function tableOfDetails(details: readonly Detail[]): string[][] {
  if (details.length === 0) return [];
  const heads = Object.keys(details[0]!.cells);
  return [heads, ...details.map(({ cells }) => heads.map((head) => cells[head] ?? ""))];
}

const labelOf = ({ runtime, name }: Row): string => {
  const mode = /\/(lend|data)$/.exec(name)?.[1];
  return mode === undefined ? runtime : `${runtime}, ${mode}`;
};

/**
 * Every target with what was measured on each runtime, in the default mode and with `lend`.
 * @param isWhole whether a target that was not measured is to be shown
 */
export function tableOfTargets(rows: readonly Row[], isWhole: boolean): string[][] {
  const table = [["row", "where", "ratio", "target", "", "rounds", "what"]];
  for (const { id, metric } of TARGETS) {
    const measured = rows.filter((row) => row.id === id);
    if (measured.length === 0 && isWhole) {
      table.push([id, "", "not measured", "", "", "", metric]);
    }
    for (const [index, row] of measured.entries()) {
      table.push([
        id,
        labelOf(row),
        shortRatio(row.ratio),
        row.target === null ? "" : `>= ${row.target}`,
        verdictOf(row),
        row.spread === null ? "" : row.spread.map((one) => one.toFixed(2)).join(" to "),
        index === 0 ? metric : "",
      ]);
    }
  }
  return table;
}

/** The table as lines of text, in columns. */
export function aligned(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]!.length)),
  );
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function missedIn({ rows }: Results): Row[] {
  return rows.filter((row) => verdictOf(row) === "MISSED");
}
