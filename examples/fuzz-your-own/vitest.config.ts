import { project } from "@sansocket/workshop/vitest-project";

export default project("fuzz-your-own");
