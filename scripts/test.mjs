// pnpm test: runs every suite on every runtime, then adds up the reports.
// pnpm test:quick (--quick): what shows in two minutes that a clone is sound, on Node alone.
import { runTests } from "../packages/workshop/src/run-tests.mjs";

process.exit(runTests(process.argv.slice(2)));
