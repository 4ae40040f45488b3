import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "dist", "reports"].includes(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? sources(path) : /\.m?ts$/.test(entry.name) ? [path] : [];
  });
}

// `vitest list` and a test that was filtered away load a file too, and run no `afterAll`: the folder would stay, keys and all.
test("no file of tests makes a temporary folder by being loaded", () => {
  const files = [...sources("packages"), ...sources("examples")];
  expect(files.length).toBeGreaterThan(100);
  const makes = /^(?:export )?(?:const|let) [^=\n]*= (?:await )?mkdtemp/m;
  expect(files.filter((file) => makes.test(readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

test("whatever makes a temporary folder removes one", () => {
  const files = [...sources("packages"), ...sources("examples")].filter((file) =>
    /mkdtemp(Sync)?\(join/.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(files.length).toBeGreaterThan(0);
  expect(
    files.filter((file) => !/\brm(Sync)?\(/.test(readFileSync(join(ROOT, file), "utf8"))),
  ).toEqual([]);
});
