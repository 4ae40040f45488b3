/** Finishes what tsc leaves undone: it rewrites "./x.ts" to "./x.js" in .js files and not in .d.ts files, which Deno cannot load. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @param {string} folder */
export function fixDeclarations(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const path = join(folder, name);
    const written = readFileSync(path, "utf8");
    const fixed = written.replace(/((?:from|import\()\s*"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"');
    if (fixed !== written) writeFileSync(path, fixed);
  }
}
