// node ../../scripts/fix-dts.mjs dist: every package builds its declarations with it.
import { fixDeclarations } from "../packages/workshop/src/declarations.mjs";

fixDeclarations(process.argv[2] ?? "dist");
