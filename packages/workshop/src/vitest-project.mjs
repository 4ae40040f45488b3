/** The configuration of every package's tests. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { currentVersion } from "./runtimes.mjs";

/**
 * ms. No test may depend on an idle machine: tests wait for facts, and this ends one whose fact never comes. Where a test
 * stands for minutes of work, it says so itself.
 */
const PATIENCE = 300_000;

/**
 * Packages import each other's TypeScript, so that stack traces show source.
 * @param {string} name
 * @returns {import("vitest/config").ViteUserConfig}
 */
export function project(name) {
  const conditions = ["@sansocket/source", "node", "import", "default"];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name: `${name} (${currentVersion()})`,
      include: ["test/**/*.test.ts"],
      setupFiles: [fileURLToPath(new URL("seed-properties.mjs", import.meta.url))],
      testTimeout: PATIENCE,
      hookTimeout: PATIENCE,
    },
  });
}
