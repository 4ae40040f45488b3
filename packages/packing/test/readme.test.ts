/** The first page shows facts: its badges, its pictures, its figures. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PUBLISHED, ROOT } from "./published.ts";

const read = (path: string): string => readFileSync(`${ROOT}${path}`, "utf8");
const page = read("README.md");

const manifestOf = (folder: string) =>
  PUBLISHED.find((published) => published.folder === folder)!.manifest;
const engine = (folder: string): string =>
  Object.values(manifestOf(folder).engines ?? {})[0]!.replace(">=", "");

const BADGES = {
  npm: "npm: not published yet",
  runtimes: `runs on: Node ${engine("node")}+ · Deno ${engine("deno")}+ · Bun ${engine("bun")}+`,
  // packed.test.ts compiles with it.
  types: "types: TypeScript 5.7+",
  modules: "modules: ESM, require",
  dependencies: `dependencies of core: ${Object.keys(JSON.parse(read("packages/core/package.json")).dependencies ?? {}).length}`,
  licence: `licence: ${manifestOf("core").license}`,
};

describe("README", () => {
  test.each(Object.entries(BADGES))("has a badge about %s, and it is true", (name, told) => {
    expect(page).toContain(`![${told}](docs/images/badges/${name}.svg)`);
    expect(read(`docs/images/badges/${name}.svg`)).toContain(`<title>${told}</title>`);
  });

  test("has no badge that is fetched from elsewhere, and no other badge", () => {
    const images = [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, source]) => source);
    expect(images).toEqual(Object.keys(BADGES).map((name) => `docs/images/badges/${name}.svg`));
  });

  test("has pictures that exist", () => {
    const pictures = [...page.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, source]) => source!);
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures) expect(existsSync(`${ROOT}${picture}`), picture).toBe(true);
  });

  test("has the figures of bench --only echo that packages/bench/README.md has, and its date", () => {
    const printed = read("packages/bench/README.md");
    const from = page.indexOf("| connections x messages under way x bytes |");
    const rows = page.slice(from, page.indexOf("\n\n", from)).split("\n").slice(2);
    const [, date] = /printed\s+them\s+on\s+(\d{4}-\d\d-\d\d)/.exec(page) ?? [];
    expect(printed).toContain(`\n${date}, Node`);
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      const [name, ...cells] = row.split("|").slice(1, -1);
      const scenario = name!.trim().replaceAll(/[ ,]/g, "").replace("text", "-text");
      const shown = cells.map((cell) => [...cell.matchAll(/[\d,]{3,}/g)].map(([n]) => n));
      const figures = (server: string): string[] =>
        [...printed.matchAll(new RegExp(`^${scenario} +${server} +(\\d+) `, "gm"))].map(
          ([, figure]) => Number(figure).toLocaleString("en"),
        );
      const [ours = [], ws = [], plain = []] = shown;
      expect(figures("sansocket")).toEqual(ours.slice(0, 1));
      if (ours.length > 1) expect(figures("sansocket-owned")).toEqual(ours.slice(1));
      expect(figures("ws")).toEqual(ws);
      expect(figures("net")).toEqual(plain);
    }
  });
});
