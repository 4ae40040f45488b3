// pnpm bench:engine, bench:kernels, bench:echo [flags]: builds the benchmarks, then runs one with the remaining flags.
import { bench } from "../packages/workshop/src/bench.mjs";

process.exit(bench(process.argv.slice(2)));
