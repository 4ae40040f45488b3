/** What the registry shows of a package is whole, and leads somewhere. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PUBLISHED, ROOT } from "./published.ts";

test("eight packages are published, and the others are private", () => {
  expect(PUBLISHED.map(({ folder }) => folder)).toEqual([
    "bun",
    "core",
    "deno",
    "driver",
    "node",
    "pako",
    "testing",
    "zlib",
  ]);
});

test("all of them have one version: they are released together", () => {
  expect(new Set(PUBLISHED.map(({ manifest }) => manifest.version)).size).toBe(1);
});

describe.each(PUBLISHED)("$manifest.name", ({ folder, path, manifest, entries }) => {
  test("has a manifest that says all that a registry shows", () => {
    expect(manifest).toMatchObject({
      license: "MIT",
      author: "The sansocket authors",
      type: "module",
      sideEffects: false,
      publishConfig: { access: "public" },
      repository: { directory: `packages/${folder}` },
    });
    const site = manifest.repository?.url.replace(/^git\+/, "").replace(/\.git$/, "");
    expect(manifest.homepage).toBe(`${site}/tree/main/packages/${folder}#readme`);
    expect(manifest.bugs?.url).toBe(`${site}/issues`);
    expect(manifest.description).toMatch(/WebSocket|permessage-deflate|sansocket/);
    expect(manifest.keywords).toContain("websocket");
    expect(Object.keys(manifest.engines ?? {})).toEqual([
      folder === "bun" || folder === "deno" ? folder : "node",
    ]);
    expect(manifest.files).toEqual(["dist", "!dist/.tsbuildinfo", "src"]);
  });

  test("has an export of types and of code for each entry, and says so to Deno's registry with the same version", () => {
    expect(entries.length).toBeGreaterThan(0);
    if (!existsSync(`${path}deno.json`)) return;
    const deno = JSON.parse(readFileSync(`${path}deno.json`, "utf8")) as Record<string, unknown>;
    expect(deno).toMatchObject({ name: manifest.name, version: manifest.version });
    const exported = typeof deno["exports"] === "string" ? ["."] : Object.keys(deno["exports"]!);
    expect(exported.map((subpath) => `${manifest.name}${subpath.slice(1)}`)).toEqual(
      entries.map(([name]) => name),
    );
  });

  test("has a README whose links lead somewhere also where the registry shows it", () => {
    const readme = readFileSync(`${path}README.md`, "utf8");
    expect(readme).toMatch(new RegExp(`^# ${manifest.name}\n`));
    const base = manifest.homepage!.replace(/tree\/main\/.*/, "");
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    for (const link of links) {
      expect(link, "absolute, since npm shows the page outside of the repository").toMatch(
        /^(https:\/\/|#)/,
      );
      if (!link.startsWith(base)) continue;
      const file = link.slice(base.length).replace(/^(blob|tree)\/main\//, "");
      expect(existsSync(`${ROOT}${file.replace(/#.*/, "")}`), `${link} exists`).toBe(true);
    }
    expect(links.length).toBeGreaterThan(0);
  });
});
