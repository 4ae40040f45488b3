import { project } from "@sansocket/workshop/vitest-project";

export default project("hand-off");
