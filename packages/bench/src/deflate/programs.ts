/** The runtimes' programs: those that npm has installed, because what is on the PATH need not be that version. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Program } from "../echo/child-process.ts";

export type RuntimeName = "node" | "deno" | "bun";

export function programOf(runtime: RuntimeName): Program | null {
  if (runtime === "node") return null;
  const folder = dirname(createRequire(import.meta.url).resolve(`${runtime}/package.json`));
  return runtime === "bun"
    ? { path: join(folder, "bin", "bun.exe"), flags: [] }
    : { path: join(folder, "deno"), flags: ["run", "-A"] };
}
