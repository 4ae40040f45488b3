import { project } from "@sansocket/workshop/vitest-project";

export default project("bench");
