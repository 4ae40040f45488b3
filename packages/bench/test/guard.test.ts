/** What must not grow unnoticed, and does not depend on the speed of the machine. */
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { describe, expect, test } from "vitest";
import { type Figures, judge, readBaselines } from "../src/guard/baselines.ts";
import { measureHeap, measureSystemCalls } from "../src/guard/measures.ts";
import { callsIn, whyNoStrace } from "../src/guard/system-calls.ts";
import { programNamed } from "../src/programs.ts";

const baselines = readBaselines();

function expectNoneAbove(figures: Figures): void {
  const complaints = Object.entries(figures)
    .map(([name, value]) => judge(name, value, baselines[name]).complaint)
    .filter((complaint) => complaint !== null);
  expect(complaints).toEqual([]);
}

describe("guard", () => {
  test("no frame and no message takes more heap than was recorded", async (context) => {
    const { label } = programNamed("node");
    if (!Object.keys(baselines).some((name) => name.startsWith(`${label}:`))) {
      context.skip(`guard.json has no baselines of ${label}`);
    }
    expectNoneAbove(await measureHeap());
  }, 300_000);

  test.for(RUNTIMES)(
    "no message takes more system calls than was recorded: %s",
    { timeout: 300_000 },
    async (runtime, context) => {
      const why = whyNoStrace();
      if (why !== null) context.skip(why);
      const { label } = programNamed(runtime);
      if (!Object.keys(baselines).some((name) => name.startsWith(`${label}:`))) {
        context.skip(`guard.json has no baselines of ${label}`);
      }
      expectNoneAbove(await measureSystemCalls(runtime));
    },
  );

  test("a figure above its baseline is told with both, and with what to do", () => {
    const name = "node20: 64 B, system calls/burst";
    expect(judge(name, 3.3, 3).complaint).toBeNull();
    expect(judge(name, 4.5, 3).complaint).toBe(
      `${name}: 4.500, the baseline is 3, and 3.900 would do. ` +
        "If it has to grow, run pnpm guard:update, and say why in the commit.",
    );
    expect(judge(name, 1, undefined).complaint).toContain("no baseline");
  });

  test("the column of strace with the calls is read, whatever stands in the others", () => {
    const summary = [
      "% time     seconds  usecs/call     calls    errors syscall",
      "------ ----------- ----------- --------- --------- ----------------",
      " 60.00    0.000600           1       600         3 read",
      " 40.00    0.000400           1       400           write",
      "  0.00    0.000000           0         7         1 futex",
      "------ ----------- ----------- --------- --------- ----------------",
      "100.00    0.001000           1      1007         4 total",
    ].join("\n");
    expect(callsIn(summary)).toBe(1_000);
  });
});
