/** The figures of the documentation are those of docs/performance.json, and `pnpm bench:docs` has written them. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { blockOf } from "../src/docs/blocks.ts";
import { filled, placesIn } from "../src/docs/markers.ts";
import { madeFiles, PAGES, ROOT } from "../src/docs/pages.ts";
import { mergeResults, type Results, type Row } from "../src/results.ts";

const made = await madeFiles();
const read = (path: string): string => readFileSync(`${ROOT}${path}`, "utf8");

describe("pages with figures", () => {
  test.each([...made.keys()])("%s is as pnpm bench:docs makes it", (path) => {
    expect(existsSync(`${ROOT}${path}`), `${path} is missing: run pnpm bench:docs`).toBe(true);
    expect(read(path) === made.get(path), `${path} is stale: run pnpm bench:docs`).toBe(true);
  });

  test("every page of the list has a place for figures", () => {
    for (const page of PAGES) expect(placesIn(read(page)), page).not.toEqual([]);
  });

  test("every picture that docs/performance.md shows is made", () => {
    const shown = [...read("docs/performance.md").matchAll(/(?:src|srcset)="([^"]+)"/g)];
    expect(shown.map(([, path]) => `docs/${path}`).sort()).toEqual(
      [...made.keys()].filter((path) => path.endsWith(".svg")).sort(),
    );
  });
});

function row(changes: Partial<Row>): Row {
  return {
    name: "node20/echo/100x1x64",
    id: "N1'",
    runtime: "node20",
    value: 4_000,
    unit: "ns CPU/message",
    peer: "ws",
    peerValue: 5_600,
    ratio: 1.4,
    spread: [1.3, 1.5],
    target: 1.5,
    note: "",
    ...changes,
  };
}

const results = (rows: readonly Row[]): Results => ({ parts: {}, rows, details: {} });

describe("figures as Markdown", () => {
  test("a place is filled, and what stands around it stays", () => {
    const page = "a\n<!-- figures: x -->\nold\n<!-- end of figures -->\nb";
    const once = filled(page, (name) => `new ${name}`);
    expect(once).toBe("a\n<!-- figures: x -->\n\nnew x\n\n<!-- end of figures -->\nb");
    expect(filled(once, (name) => `new ${name}`)).toBe(once);
  });

  test("a place with an unknown name is a mistake that names the others", () => {
    expect(() => blockOf(results([]), "x")).toThrow("there are run, targets");
  });

  test("the default mode stands before lend, and each says whether it reaches the target", () => {
    const lending = row({ name: "node20/echo/100x1x64/lend", ratio: 1.6 });
    expect(blockOf(results([lending, row({})]), "targets")).toContain("| 1.4 ✗, 1.6 ✓ (1.5) |");
  });

  test.each([
    ["echo-text", "100x16x64-text", "100 x 16 x 64, text"],
    ["echo", "8x1x64KiB", "8 x 1 x 64KiB"],
    ["echo", "100x16x64-bursts", "100 x 16 x 64, bursts"],
    ["echo", "100x16x64-async", "100 x 16 x 64, async"],
    ["echo", "1x1x1MiB-objects", "1 x 1 x 1MiB, objects"],
  ])("the table %s calls the case %s %s", (block, caseName, shown) => {
    const table = blockOf(results([row({ name: `node20/echo/${caseName}` })]), block);
    expect(table.split("\n")[2]).toMatch(`| ${shown} | Node 20 |`);
  });

  test("only rows that miss their target are listed as missed", () => {
    const all = [row({}), row({ id: "N2", ratio: 20, target: 15 })];
    const lines = blockOf(results(all), "missed").split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain("| N1' | Node 20 | 1.4 | 1.3 to 1.5 | 1.5 |");
  });
});

describe("results of a later run", () => {
  test("do not stand beside quick ones of the same part", () => {
    const about = { date: "2026-11-26", machine: "a", versions: { node20: "20.20.2" } };
    const quick: Results = {
      parts: { echo: { ...about, isQuick: true }, size: { ...about, isQuick: true } },
      rows: [row({ name: "bun/echo/100x1x64" }), row({ name: "size/core", runtime: "bundle" })],
      details: {},
    };
    const whole = { ...results([row({})]), parts: { echo: { ...about, isQuick: false } } };
    const merged = mergeResults(quick, whole);
    expect(merged.rows.map(({ name }) => name)).toEqual(["size/core", "node20/echo/100x1x64"]);
    expect(
      Object.values(merged.parts)
        .map(({ isQuick }) => isQuick)
        .sort(),
    ).toEqual([false, true]);
  });

  test("replace the rows that it has measured again, and keep the others", () => {
    const other = row({ name: "bun/echo/100x1x64", runtime: "bun", peer: "Bun.serve" });
    const merged = mergeResults(results([row({}), other]), results([row({ ratio: 2 })]));
    expect(merged.rows.map(({ runtime, ratio }) => [runtime, ratio])).toEqual([
      ["node20", 2],
      ["bun", 1.4],
    ]);
  });
});
