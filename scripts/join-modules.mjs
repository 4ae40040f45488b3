// node ../../scripts/join-modules.mjs: the build of every published package ends with it.
import { joinModules } from "../packages/workshop/src/joined-modules.mjs";

await joinModules(process.cwd());
