import { project } from "@sansocket/workshop/vitest-project";
import { mergeConfig } from "vitest/config";

/** One file after the other: the servers are measured, and the figures are to be seen without a heading each. */
export default mergeConfig(project("attacks"), {
  test: {
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
