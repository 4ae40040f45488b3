// pnpm bench [flags]: builds the benchmarks, then runs the program below packages/bench/dist that is named, with the flags.
import { bench } from "../packages/workshop/src/bench.mjs";

process.exit(bench(process.argv.slice(2)));
