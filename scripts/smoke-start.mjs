// node scripts/smoke-start.mjs, on a clean checkout: the README's start command as a user runs it.
import { smokeStart } from "../packages/workshop/src/smoke-start.mjs";

await smokeStart();
