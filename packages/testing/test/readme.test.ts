import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

test.each(["readme-example.ts", "readme-pair-example.ts"])(
  "the README shows %s, which runs here",
  async (name) => {
    const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/g)];
    expect(blocks.map(([, block]) => block)).toContain(read(`./${name}`));
    await expect(import(new URL(name, import.meta.url).href)).resolves.toBeDefined();
  },
);
