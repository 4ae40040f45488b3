import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";

test("the example of the README is the one that runs here", async () => {
  const read = (path: string) =>
    readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
  const [, block] = /```ts\n([\s\S]*?)```/.exec(read("../README.md"))!;
  expect(read("./readme-example.ts")).toBe(block);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("./readme-example.ts");
  expect(log.mock.calls).toEqual([["hello"]]);
  log.mockRestore();
});
