/** `pnpm guard`: what CI compares with a baseline, as a table; `pnpm guard:update` records new baselines. */
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { aligned } from "../report.ts";
import { type Figures, judge, readBaselines, writeBaselines } from "./baselines.ts";
import { measureHeap, measureSystemCalls } from "./measures.ts";
import { whyNoStrace } from "./system-calls.ts";

let figures: Figures = await measureHeap();
const why = whyNoStrace();
if (why === null) {
  for (const runtime of RUNTIMES) figures = { ...figures, ...(await measureSystemCalls(runtime)) };
} else {
  console.log(`System calls are not counted: ${why}`);
}
if (process.argv.includes("--update")) {
  writeBaselines(figures);
} else {
  const baselines = readBaselines();
  const lines = Object.entries(figures).map(([name, value]) => {
    const { most, complaint } = judge(name, value, baselines[name]);
    const verdict = complaint === null ? "" : "TOO MUCH";
    return [
      name,
      value.toPrecision(3),
      String(baselines[name] ?? "-"),
      most.toPrecision(3),
      verdict,
    ];
  });
  console.log(aligned([["", "measured", "baseline", "at most", ""], ...lines]));
  if (lines.some((line) => line.at(-1) !== "")) process.exitCode = 1;
}
