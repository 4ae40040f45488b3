/** `pnpm bench:docs`: writes the figures of docs/performance.json into the pages, and draws the pictures. */
import { mkdirSync, writeFileSync } from "node:fs";
import { madeFiles, ROOT } from "./pages.ts";

mkdirSync(`${ROOT}docs/images/performance`, { recursive: true });
for (const [path, text] of await madeFiles()) {
  writeFileSync(`${ROOT}${path}`, text);
  console.log(path);
}
