// pnpm handoff: builds the example, then runs it.
import { build } from "../packages/workshop/src/root.mjs";
import { runExample } from "../packages/workshop/src/run-example.mjs";

build("@sansocket/example-hand-off");
runExample("node", "examples/hand-off/dist/main.js", () => process.argv.slice(2));
