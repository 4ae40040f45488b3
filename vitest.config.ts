import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/core", "packages/testing", "examples/embedding"],
    coverage: {
      provider: "v8",
      include: ["packages/{core,testing}/src/**"],
      reporter: ["text", "lcov"],
    },
  },
});
