// vitest run --reporter=../../scripts/skip-reasons.mjs: every package's tests run with it.
export { default } from "../packages/workshop/src/skip-reasons.mjs";
