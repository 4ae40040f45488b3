import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // What runs on Node by itself: the adapters of other runtimes, and what starts those, have runners of their own.
    projects: [
      "packages/core",
      "packages/driver",
      "packages/node",
      "packages/acceptance",
      "packages/testing",
      "packages/pako",
      "examples/embedding",
      "examples/recipes",
      "examples/fuzz-your-own",
    ],
    coverage: {
      provider: "v8",
      include: ["packages/{core,driver,node,testing}/src/**"],
      reporter: ["text", "lcov"],
    },
  },
});
