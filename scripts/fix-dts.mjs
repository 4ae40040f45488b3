// tsc rewrites "./x.ts" to "./x.js" in emitted .js but not in .d.ts; Deno's npm
// loader does not forgive that, so finish the job here.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dir = process.argv[2];
for (const f of readdirSync(dir, { recursive: true })) {
  if (!f.endsWith(".d.ts")) continue;
  const p = join(dir, f);
  const a = readFileSync(p, "utf8");
  const b = a.replace(/((?:from|import\()\s*"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"');
  if (a !== b) writeFileSync(p, b);
}
