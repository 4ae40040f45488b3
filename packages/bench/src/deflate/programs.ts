/** The runtimes' programs: those that npm has installed, because what is on the PATH need not be that version. */
import { commandOf, type RuntimeName } from "@sansocket/workshop/runtimes";
import type { Program } from "../echo/child-process.ts";

export type { RuntimeName };

/** Null: the runtime that runs this, and nothing on the command line. */
export function programOf(runtime: RuntimeName): Program | null {
  if (runtime === "node") return null;
  const [path, ...flags] = commandOf(runtime);
  return { path, flags };
}
