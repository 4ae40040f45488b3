/** docs/recipes.md shows the recipes as they run here. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

const page = read("../../../docs/recipes.md");
const recipes = readdirSync(fileURLToPath(new URL("../src", import.meta.url)));

test.each(recipes)("docs/recipes.md shows %s, and nothing but it, behind its link", (name) => {
  const link = `(../examples/recipes/src/${name})`;
  const block = /```ts\n([\s\S]*?)```/.exec(page.slice(page.indexOf(link)));
  expect(page).toContain(link);
  expect(block?.[1]).toBe(read(`../src/${name}`));
});

test.each(recipes)("%s is short enough to be read at once", (name) => {
  expect(read(`../src/${name}`).split("\n").length).toBeLessThanOrEqual(43);
});
