/** The names of the laws, read from the program that has them: this program must not load the sources that it judges. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./faults.ts";

/** In the order in which they are tried. */
export function lawNames(): string[] {
  const program = readFileSync(join(ROOT, "packages/mutations/programs/laws.ts"), "utf8");
  const list = program.slice(program.indexOf("export const LAWS"));
  return [...list.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name!);
}
