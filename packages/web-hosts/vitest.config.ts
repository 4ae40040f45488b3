import { project } from "@sansocket/workshop/vitest-project";
import { mergeConfig } from "vitest/config";

/** The size of the bundle is to be seen without a heading. */
export default mergeConfig(project("web-hosts"), {
  test: { disableConsoleIntercept: true },
});
