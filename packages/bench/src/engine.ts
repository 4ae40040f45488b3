// The place of the benchmark: `pnpm bench:engine` builds and starts this file, and hands its flags on.
console.error("bench:engine: not written yet; there is nothing to measure");
process.exitCode = 1;
