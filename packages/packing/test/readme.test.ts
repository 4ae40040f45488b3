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
});
