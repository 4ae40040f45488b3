/** The Markdown of each marked place of the pages, made of the results of a run. */
import { CASES as ECHO_CASES } from "../echo/cases.ts";
import { DEFAULT, LENDING, WS_BUFFERUTIL } from "../echo/subjects.ts";
import { CASES as ENGINE_CASES } from "../engine/cases.ts";
import { shortNumber, verdictOf } from "../report.ts";
import { type Detail, partOf, type Results, type Row } from "../results.ts";
import { TARGETS } from "../targets.ts";

const NOT_MEASURED = "Not measured yet.";
/** The name of the candidate that answers without a protocol. */
const RAW = "raw TCP";

/** "node20" as a head of a table: "Node 20". */
export function labelName(label: string): string {
  const name = label.replace(/(\d+)$/, " $1");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

const ORDER = ["node", "bun", "deno"];

function labelsIn(rows: readonly Row[]): string[] {
  const labels = [...new Set(rows.map(({ runtime }) => runtime))].filter((one) => one !== "bundle");
  const rank = (label: string): string =>
    `${ORDER.findIndex((name) => label.startsWith(name))}${label}`;
  return labels.sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

function markdown(table: readonly (readonly string[])[]): string {
  const [heads, ...lines] = table;
  if (heads === undefined || lines.length === 0) return NOT_MEASURED;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...lines.map(line)].join("\n");
}

const isLending = ({ name }: Row): boolean => name.endsWith("/lend");
const ratioOf = (row: Row): string =>
  `${shortNumber(row.ratio)}${row.target === null ? "" : mark(row)}`;
const mark = (row: Row): string => (verdictOf(row) === "MISSED" ? " ✗" : " ✓");

/** "1.39 ✗, 1.50 ✓ (1.5)": the default, `lend`, and what they are to reach. */
function targetCell(rows: readonly Row[]): string {
  if (rows.length === 0) return "–";
  const [row] = rows;
  const sorted = [...rows].sort((one, other) => Number(isLending(one)) - Number(isLending(other)));
  return `${sorted.map(ratioOf).join(", ")} (${row!.target ?? "–"})`;
}

function targets({ rows }: Results): string {
  const labels = labelsIn(rows);
  return markdown([
    ["", "", ...labels.map(labelName)],
    ...TARGETS.map(({ id, metric }) => {
      const own = rows.filter((row) => row.id === id);
      const ofBundle = own.filter(({ runtime }) => runtime === "bundle");
      return [
        id,
        metric,
        ...labels.map((label, column) =>
          targetCell(
            ofBundle.length > 0 && column === 0
              ? ofBundle
              : own.filter(({ runtime }) => runtime === label),
          ),
        ),
      ];
    }),
  ]);
}

/** The ratio that a raw TCP echo of the same run has in the place of ours; "" where there is none, or where it is the peer. */
function ratioOfRawTcp(rows: readonly Row[], { name, runtime, peer, peerValue }: Row): string {
  const [, part, caseName] = name.split("/");
  const raw = rows.find(
    (row) => row.name === `${runtime}/${part}/${caseName}` && row.peer === RAW && peer !== RAW,
  );
  return raw === undefined ? "" : shortNumber(peerValue / raw.peerValue);
}

function missed({ rows }: Results): string {
  return markdown([
    ["", "on", "ratio", "rounds", "target", "raw TCP", "ours", "peer's", "unit", "peer"],
    ...TARGETS.flatMap(({ id }) => rows.filter((row) => row.id === id))
      .filter((row) => verdictOf(row) === "MISSED")
      .map((row) => [
        row.id ?? "",
        `${labelName(row.runtime)}${isLending(row) ? ", `lend`" : ""}`,
        shortNumber(row.ratio),
        row.spread === null ? "" : row.spread.map(shortNumber).join(" to "),
        String(row.target),
        ratioOfRawTcp(rows, row),
        shortNumber(row.value),
        shortNumber(row.peerValue),
        row.unit,
        row.peer,
      ]),
  ]);
}

function run({ parts }: Results): string {
  const lines = new Map<string, string[]>();
  for (const [part, { date, machine, versions, isQuick }] of Object.entries(parts)) {
    const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    const quick = isQuick ? " Taken with `--quick`: these figures are worth little." : "";
    const line = `${date}, ${machine}; ${programs.join(", ")}.${quick}`;
    lines.set(line, [...(lines.get(line) ?? []), part]);
  }
  if (lines.size === 0) return NOT_MEASURED;
  return [...lines].map(([line, names]) => `* ${names.join(", ")}: ${line}`).join("\n");
}

/** CPU of each candidate in one case, from the rows that compare ours with the others. */
function costs(rows: readonly Row[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) {
    found.set(isLending(row) ? LENDING : DEFAULT, row.value);
    found.set(row.peer, row.peerValue);
  }
  return found;
}

const peerOf = (names: Iterable<string>): string | undefined =>
  [...names].find((name) => ["ws", "Bun.serve", "Deno.serve"].includes(name));

const caseNameOf = ({ name }: Row): string => name.split("/")[2]!;

function echoTable(
  results: Results,
  part: string,
  isWanted: (caseName: string) => boolean,
): string {
  const rows = results.rows.filter(
    (row) => partOf(row) === part && isWanted(caseNameOf(row)) && !row.name.endsWith("/data"),
  );
  const table = [
    ["", "on", "sansocket", "with `lend`", "peer", "", "`ws` + bufferutil", "raw TCP"],
  ];
  for (const caseName of new Set(rows.map(caseNameOf))) {
    const ofCase = rows.filter((row) => caseNameOf(row) === caseName);
    for (const label of labelsIn(ofCase)) {
      const all = costs(ofCase.filter(({ runtime }) => runtime === label));
      const peer = peerOf(all.keys());
      const cell = (name: string | undefined): string => {
        const value = name === undefined ? undefined : all.get(name);
        return value === undefined ? "" : shortNumber(value);
      };
      table.push([
        spaced(caseName),
        labelName(label),
        cell(DEFAULT),
        cell(LENDING),
        cell(peer),
        peer === undefined ? "" : `\`${peer}\``,
        cell(WS_BUFFERUTIL),
        cell(RAW),
      ]);
    }
  }
  return markdown(table);
}

/** "100x16x64-text" as a table names it: "100 x 16 x 64, text". */
export function spaced(caseName: string): string {
  const [sizes = "", ...kinds] = caseName.split("-");
  return [sizes.replaceAll("x", " x "), ...kinds].join(", ");
}

const isText = (caseName: string): boolean =>
  ECHO_CASES.find(({ name }) => name === caseName)?.isText === true;
const hasTarget = (caseName: string): boolean =>
  ECHO_CASES.find(({ name }) => name === caseName)?.id !== null;

/** ns per frame, and how many times as much `ws` takes, with its add-on and without. */
function engine({ rows }: Results): string {
  const own = rows.filter((row) => partOf(row) === "engine");
  const labels = labelsIn(own);
  const table = [
    ["", ...labels.flatMap((label) => [`${labelName(label)}, ns`, "`ws`", "+ add-on"])],
  ];
  for (const { name } of ENGINE_CASES) {
    const of = (label: string, peer: string): Row | undefined =>
      own.find((row) => row.name === `${label}/engine/${name}` && row.peer === peer);
    if (!labels.some((label) => of(label, "ws") !== undefined)) continue;
    table.push([
      name,
      ...labels.flatMap((label) => {
        const [ws, addOn] = [of(label, "ws"), of(label, WS_BUFFERUTIL)];
        if (ws === undefined || addOn === undefined) return ["", "", ""];
        return [shortNumber(ws.value), `${shortNumber(ws.ratio)}x`, `${shortNumber(addOn.ratio)}x`];
      }),
    ]);
  }
  return markdown(table);
}

function compared(results: Results, part: string): string {
  return markdown([
    ["", "on", "ours", "peer's", "unit", "peer", "peer's / ours"],
    ...results.rows
      .filter((row) => partOf(row) === part)
      .map((row) => [
        row.name.split("/").slice(2).join("/"),
        labelName(row.runtime),
        shortNumber(row.value),
        shortNumber(row.peerValue),
        row.unit,
        row.peer,
        ratioOf(row),
      ]),
  ]);
}

function details(results: Results, part: string): string {
  const all: readonly Detail[] = results.details[part] ?? [];
  if (all.length === 0) return NOT_MEASURED;
  const heads = Object.keys(all[0]!.cells);
  return markdown([heads, ...all.map(({ cells }) => heads.map((head) => cells[head] ?? ""))]);
}

const BLOCKS: Readonly<Record<string, (results: Results) => string>> = {
  run,
  targets,
  missed,
  engine,
  echo: (results) => echoTable(results, "echo", (name) => !isText(name)),
  "echo-text": (results) => echoTable(results, "echo", isText),
  "echo-short": (results) => echoTable(results, "echo", hasTarget),
  broadcast: (results) => echoTable(results, "broadcast", () => true),
  generator: (results) => details(results, "echo"),
  handshake: (results) => details(results, "handshake"),
  loading: (results) => compared(results, "loading"),
  memory: (results) => compared(results, "memory"),
  deflate: (results) => compared(results, "deflate"),
  "deflate-memory": (results) => details(results, "deflate-memory"),
  size: (results) => details(results, "size"),
};

export function blockOf(results: Results, name: string): string {
  const block = BLOCKS[name];
  if (block === undefined) {
    throw new Error(`no figures ${name}; there are ${Object.keys(BLOCKS).join(", ")}`);
  }
  return block(results);
}
