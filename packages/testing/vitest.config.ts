import { defineConfig } from "vitest/config";

const conditions = ["@sansocket/source", "node", "import", "default"];
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { name: `testing (node ${process.versions.node})`, include: ["test/**/*.test.ts"] },
});
