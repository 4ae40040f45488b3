import { mergeConfig } from "vitest/config";
import { project } from "../../vitest.project.ts";

/** The size of the bundle is to be seen without a heading. */
export default mergeConfig(project("streams"), {
  test: { disableConsoleIntercept: true },
});
