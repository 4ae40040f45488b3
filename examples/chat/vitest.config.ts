import { project } from "@sansocket/workshop/vitest-project";

export default project("chat");
