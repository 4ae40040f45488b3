/** The garbage collector, for tests of what is kept. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects garbage at once. null where the runtime has no way to ask for it: Deno without `--v8-flags=--expose-gc`. */
export function garbageCollector(): (() => void) | null {
  const own = globalThis as {
    readonly gc?: () => void;
    readonly Bun?: { gc(isSynchronous: boolean): void };
    readonly Deno?: object;
  };
  if (own.gc !== undefined) return own.gc;
  if (own.Bun !== undefined) return () => own.Bun!.gc(true);
  if (own.Deno !== undefined) return null;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
