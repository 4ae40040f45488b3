import { project } from "@sansocket/workshop/vitest-project";
import { defineConfig, mergeConfig } from "vitest/config";

/** These start a process per runtime by themselves: what they say is the same wherever they are started. */
const OWN_PROCESSES = [
  "test/pairs.test.ts",
  "test/server-transcript.test.ts",
  "test/client-transcript.test.ts",
  "test/foreign-*.test.ts",
  "test/leaving.test.ts",
];

const isNode = !("Deno" in globalThis) && process.versions["bun"] === undefined;

export default mergeConfig(
  project("acceptance"),
  defineConfig({
    test: {
      exclude: isNode ? [] : OWN_PROCESSES,
      // Files take turns: deadlines of real sockets shall not depend on how busy two processors are.
      fileParallelism: false,
    },
  }),
);
