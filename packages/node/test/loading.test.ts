import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Prints the modules of Node that the program has loaded. */
const PROGRAM = `
  await import(process.argv[1]);
  console.log(JSON.stringify(process.moduleLoadList));
`;

function loadedWith(module: string): string[] {
  const printed = execFileSync(
    process.execPath,
    ["--input-type=module", "--eval", PROGRAM, module],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" },
  );
  return JSON.parse(printed) as string[];
}

test("the adapter does not load fetch, or web streams", () => {
  const loaded = loadedWith("@sansocket/node");
  expect(loaded).toContain("NativeModule net");
  expect(loaded.filter((name) => /undici|webstreams\/readablestream/.test(name))).toEqual([]);
});
