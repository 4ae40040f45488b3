import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

test.each(["readme-example.ts", "readme-pair-example.ts", "readme-parser-example.ts"])(
  "the README shows %s, which runs here",
  async (name) => {
    const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(blocks.map(([, block]) => block)).toContain(read(`./${name}`));
    await expect(import(new URL(name, import.meta.url).href)).resolves.toBeDefined();
  },
);

test("the naive parser of the README is that of the example", () => {
  const example = (name: string): string => read(`../../../examples/fuzz-your-own/src/${name}.ts`);
  const shown = read("./readme-parser-example.ts");
  expect(shown).toContain(example("naive-parser").replace("export class", "class"));
  const binding = example("binding");
  expect(shown).toContain(binding.slice(binding.indexOf("export const naive")));
});
