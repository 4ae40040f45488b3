import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the example of the README is the one that runs here", async () => {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
  const [, block] = /```ts\n([\s\S]*?)```/.exec(read("../README.md"))!;
  expect(read("./readme-example.ts")).toBe(block);
  await expect(import("./readme-example.ts")).resolves.toBeDefined();
});
