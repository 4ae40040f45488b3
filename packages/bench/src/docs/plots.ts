/** Pictures of the results, as SVG, for light and for dark pages. */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { CASES as ECHO_CASES } from "../echo/cases.ts";
import { DEFAULT, LENDING, WS_BUFFERUTIL } from "../echo/subjects.ts";
import { CASES as ENGINE_CASES } from "../engine/cases.ts";
import { partOf, type Results, type Row } from "../results.ts";
import { TARGETS } from "../targets.ts";
import { labelName, spaced } from "./blocks.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;

export type Theme = "light" | "dark";
export const THEMES: readonly Theme[] = ["light", "dark"];

/** Enough contrast on white, and on GitHub's dark grey. */
const INK: Readonly<Record<Theme, { readonly text: string; readonly grid: string }>> = {
  light: { text: "#1f2328", grid: "#d1d9e0" },
  dark: { text: "#e6edf3", grid: "#3d444d" },
};

const COLOURS: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  light: {
    [DEFAULT]: "#0969da",
    [LENDING]: "#54aeff",
    ws: "#cf222e",
    [WS_BUFFERUTIL]: "#e16f24",
    "websocket-driver": "#8c959f",
    "Bun.serve": "#8250df",
    "Deno.serve": "#1a7f37",
    "raw TCP": "#8c959f",
    "one copy": "#57606a",
  },
  dark: {
    [DEFAULT]: "#4493f8",
    [LENDING]: "#a5d6ff",
    ws: "#f85149",
    [WS_BUFFERUTIL]: "#f0883e",
    "websocket-driver": "#8b949e",
    "Bun.serve": "#ab7df8",
    "Deno.serve": "#3fb950",
    "raw TCP": "#8b949e",
    "one copy": "#c9d1d9",
  },
};

function configOf(theme: Theme): object {
  const { text, grid } = INK[theme];
  return {
    background: "transparent",
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: {
      labelColor: text,
      titleColor: text,
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
      titleFontWeight: "normal",
    },
    header: { labelColor: text, titleColor: text, labelFontSize: 12, labelFontWeight: "bold" },
    legend: { labelColor: text, titleColor: text, orient: "bottom", title: null, columns: 6 },
    title: { color: text, subtitleColor: text, anchor: "start", fontSize: 14 },
  };
}

function colour(theme: Theme, used: readonly string[], without: readonly string[] = []): object {
  const names = Object.keys(COLOURS[theme]).filter(
    (name) => used.includes(name) && !without.includes(name),
  );
  return {
    field: "who",
    type: "nominal",
    scale: { domain: names, range: names.map((name) => COLOURS[theme][name]) },
  };
}

interface Point {
  readonly where: string;
  readonly what: string;
  readonly who: string;
  readonly value: number;
}

/** Each candidate's figure, once. */
function pointsOf(rows: readonly Row[], whatOf: (row: Row) => string): Point[] {
  const points = new Map<string, Point>();
  const add = (row: Row, who: string, value: number): void => {
    const point = { where: labelName(row.runtime), what: whatOf(row), who, value };
    points.set(`${point.where} ${point.what} ${who}`, point);
  };
  for (const row of rows) {
    add(row, row.name.endsWith("/lend") ? LENDING : DEFAULT, row.value);
    add(row, row.peer, row.peerValue);
  }
  return [...points.values()];
}

const unique = (points: readonly Point[], field: "where" | "what" | "who"): string[] => [
  ...new Set(points.map((point) => point[field])),
];

/** As the tables have them: Node, Bun, Deno. */
function runtimesIn(points: readonly { readonly where: string }[]): string[] {
  const rank = (where: string): number =>
    ["Node", "Bun", "Deno", "Bundles"].indexOf(where.split(" ")[0]!);
  return [...new Set(points.map(({ where }) => where))].sort(
    (one, other) => rank(one) - rank(other) || (one < other ? -1 : 1),
  );
}

const ratioAxis = (values: readonly number[]): object => ({
  field: "value",
  type: "quantitative",
  title: null,
  scale: { type: "log" },
  axis: { values, format: "~g" },
});

const ruleAtOne = (theme: Theme): object => ({
  mark: { type: "rule", strokeWidth: 1.5, color: INK[theme].text },
  encoding: { x: { datum: 1, type: "quantitative" } },
});

/** CPU per message, as a multiple of a raw TCP echo's on the same runtime. */
function echoSpec({ rows }: Results, theme: Theme): TopLevelSpec | null {
  const cases = ECHO_CASES.filter(({ id }) => id !== null).map(({ name }) => name);
  const points = pointsOf(
    rows.filter(
      (row) =>
        partOf(row) === "echo" &&
        cases.includes(row.name.split("/")[2]!) &&
        !row.name.endsWith("/data"),
    ),
    (row) => spaced(row.name.split("/")[2]!),
  );
  const values = points
    .filter(({ who }) => who !== "raw TCP")
    .map((point) => {
      const raw = points.find(
        (one) => one.who === "raw TCP" && one.where === point.where && one.what === point.what,
      );
      return { ...point, value: raw === undefined ? null : point.value / raw.value };
    })
    .filter(({ value }) => value !== null);
  if (values.length === 0) return null;
  return {
    data: { values },
    title: {
      text: "CPU of an echo, as a multiple of a raw TCP echo's on the same runtime",
      subtitle:
        "connections x messages under way x bytes; further left is better; the line is the raw echo",
      subtitlePadding: 6,
    },
    facet: { field: "where", type: "nominal", title: null, sort: runtimesIn(values) },
    columns: 4,
    spec: {
      width: 170,
      height: { step: 34 },
      layer: [
        ruleAtOne(theme),
        {
          mark: { type: "point", filled: true, size: 80, opacity: 0.9 },
          encoding: {
            y: {
              field: "what",
              type: "nominal",
              title: null,
              sort: cases.map(spaced),
              axis: { grid: true },
            },
            x: ratioAxis([0.5, 1, 2, 5, 10, 20]),
            color: colour(theme, unique(points, "who"), ["raw TCP"]),
          },
        },
      ],
    },
  } as unknown as TopLevelSpec;
}

/** Bytes of payload per second that an engine parses, by size of the frame. */
function engineSpec({ rows }: Results, theme: Theme): TopLevelSpec | null {
  const cases = ENGINE_CASES.filter(
    // 126 bytes, where the header grows, are too near to 125 to be seen.
    ({ name, payloadBytes }) =>
      /^in\/binary\/[^/]+$/.test(name) && payloadBytes > 0 && payloadBytes !== 126,
  );
  const sizeOf = (row: Row): number | undefined =>
    cases.find(({ name }) => row.name.endsWith(`/engine/${name}`))?.payloadBytes;
  const points = pointsOf(
    rows.filter((row) => sizeOf(row) !== undefined),
    (row) => String(sizeOf(row)),
  );
  if (points.length === 0) return null;
  const values = points.map((point) => ({
    ...point,
    size: Number(point.what),
    value: (Number(point.what) / point.value) * 1_000,
  }));
  return {
    data: { values },
    title: {
      text: "Engines alone: MB of payload per second that they parse",
      subtitle: "by bytes of the frame, binary, in chunks of 64 KiB; higher is better",
      subtitlePadding: 6,
    },
    facet: { field: "where", type: "nominal", title: null, sort: runtimesIn(values) },
    columns: 2,
    spec: {
      width: 300,
      height: 200,
      mark: { type: "line", point: { size: 30 }, strokeWidth: 2 },
      encoding: {
        x: {
          field: "size",
          type: "quantitative",
          title: "bytes of a frame",
          scale: { type: "log", base: 2 },
          axis: {
            values: cases.map(({ payloadBytes }) => payloadBytes),
            labelExpr: `datum.value < ${KIB} ? datum.value : datum.value < ${MIB} ? datum.value / ${KIB} + "Ki" : datum.value / ${MIB} + "Mi"`,
          },
        },
        y: {
          field: "value",
          type: "quantitative",
          title: "MB/s",
          scale: { type: "log", domainMin: 10 },
          axis: { values: [10, 100, 1_000, 10_000], format: "~s" },
        },
        color: colour(theme, unique(points, "who")),
      },
    },
  } as unknown as TopLevelSpec;
}

/** How far each row with a target is from it. */
function targetsSpec({ rows }: Results, theme: Theme): TopLevelSpec | null {
  const values = rows
    .filter(({ target, id }) => target !== null && id !== null)
    .map((row) => ({
      id: row.id,
      where: row.runtime === "bundle" ? "Bundles" : labelName(row.runtime),
      who: row.name.endsWith("/lend") ? LENDING : DEFAULT,
      value: row.ratio / row.target!,
    }));
  if (values.length === 0) return null;
  return {
    data: { values },
    title: {
      text: "Each measured ratio, as a share of its target",
      subtitle: "right of the line the target is reached",
      subtitlePadding: 6,
    },
    facet: { field: "where", type: "nominal", title: null, sort: runtimesIn(values) },
    columns: 5,
    spec: {
      width: 130,
      height: { step: 16 },
      layer: [
        ruleAtOne(theme),
        {
          mark: { type: "point", filled: true, size: 55, opacity: 0.9 },
          encoding: {
            y: {
              field: "id",
              type: "nominal",
              title: null,
              sort: TARGETS.map(({ id }) => id),
              axis: { grid: true },
            },
            x: ratioAxis([0.1, 0.3, 1, 3]),
            color: colour(theme, [DEFAULT, LENDING]),
          },
        },
      ],
    },
  } as unknown as TopLevelSpec;
}

export const PLOTS: Readonly<
  Record<string, (results: Results, theme: Theme) => TopLevelSpec | null>
> = { targets: targetsSpec, echo: echoSpec, engine: engineSpec };

/** Null where nothing of the kind was measured. */
export async function plot(results: Results, name: string, theme: Theme): Promise<string | null> {
  const spec = PLOTS[name]!(results, theme);
  if (spec === null) return null;
  const { spec: compiled } = compile(spec, { config: configOf(theme) });
  const view = new View(parse(compiled), { renderer: "none" });
  return `${await view.toSVG()}\n`;
}
