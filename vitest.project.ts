import { defineConfig, type ViteUserConfig } from "vitest/config";

declare const Deno: { readonly version: { readonly deno: string } } | undefined;

/** The runtime that really runs: Deno and Bun both claim a `process.versions.node`. */
function runtime(): string {
  if (typeof Deno !== "undefined") return `deno ${Deno.version.deno}`;
  const { bun, node } = process.versions;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}

/**
 * ms. No test may depend on an idle machine: tests wait for facts, and this ends one whose fact never comes. Where a test
 * stands for minutes of work, it says so itself.
 */
const PATIENCE = 120_000;

/** What every package's vitest.config.ts says. Packages import each other's TypeScript, so that stack traces show source. */
export function project(name: string): ViteUserConfig {
  const conditions = ["@sansocket/source", "node", "import", "default"];
  return defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name: `${name} (${runtime()})`,
      include: ["test/**/*.test.ts"],
      testTimeout: PATIENCE,
      hookTimeout: PATIENCE,
    },
  });
}
