import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as Manifest;

test("fast-check is the user's own: a peer dependency with a range, and the pinned one is for our tests", () => {
  // Two copies would not know each other's arbitraries. The laws were run with 4.0.0 too.
  expect(manifest.peerDependencies).toEqual({ "fast-check": "^4.0.0" });
  expect(Object.keys(manifest.dependencies)).toEqual(["@sansocket/core", "@sansocket/driver"]);
  expect(manifest.devDependencies["fast-check"]).toMatch(/^4\.\d+\.\d+$/);
});
