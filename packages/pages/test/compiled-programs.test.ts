/** Every program in TypeScript that a page shows compiles as a user's would: strict, against the types that are published. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = fileURLToPath(new URL("../reports/pages/", import.meta.url));
const require = createRequire(import.meta.url);

/** The oldest that the types are for, and the newest. */
const COMPILERS = [
  { version: "5.7", bin: join(dirname(require.resolve("typescript-5.7/package.json")), "bin/tsc") },
  { version: "7.0", bin: join(ROOT, "node_modules/typescript/bin/tsc") },
];

const PAGES = [
  "README.md",
  "docs/behind-a-proxy.md",
  "docs/extensions.md",
  "docs/hand-off.md",
  "docs/migrating.md",
  "docs/runtimes.md",
  ...["bun", "core", "deno", "driver", "node", "pako", "testing", "zlib"].map(
    (name) => `packages/${name}/README.md`,
  ),
];

/** A program that the later ones of its page import, by the name that they give it. */
const IMPORTED: Readonly<Record<string, string>> = {
  "docs-extensions-md-0": "checksum-extension",
};

function nameOf(page: string): string {
  return page.replaceAll(/\W/g, "-");
}

/** A module for each block of a page, since names come again. */
function writePrograms(): string[] {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const names: string[] = [];
  for (const page of PAGES) {
    const blocks = readFileSync(join(ROOT, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g);
    for (const [index, [, block]] of [...blocks].entries()) {
      const name = `${nameOf(page)}-${index}`;
      const file = `${IMPORTED[name] ?? name}.ts`;
      writeFileSync(join(FOLDER, file), `${block}\nexport {};\n`);
      names.push(name);
    }
  }
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "ES2022",
    module: "NodeNext",
    types: ["node"],
    // Those of @types/node and of the adapters' own runtimes are not ours to judge.
    skipLibCheck: true,
  };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["."] }));
  return names;
}

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe("the programs of the pages", () => {
  const names = writePrograms();

  test.each(PAGES)("are there: %s has one at least", (page) => {
    expect(names.some((name) => name.startsWith(`${nameOf(page)}-`))).toBe(true);
  });

  test.each(COMPILERS)("compile in strict mode with TypeScript $version", ({ version, bin }) => {
    const told = spawnSync(process.execPath, [bin, "--version"], { encoding: "utf8" }).stdout;
    expect(told).toContain(`Version ${version}`);
    const run = spawnSync(process.execPath, [bin, "-p", FOLDER], { encoding: "utf8" });
    expect(run.stdout).toBe("");
    expect(run.status).toBe(0);
  });
});
