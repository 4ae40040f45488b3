/** The pages with figures, and their pictures, as the results of `docs/performance.json` make them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Results, readResults } from "../results.ts";
import { blockOf } from "./blocks.ts";
import { filled } from "./markers.ts";
import { PLOTS, plot, THEMES } from "./plots.ts";

export const ROOT: string = fileURLToPath(new URL("../../../../", import.meta.url));
export const RESULTS = "docs/performance.json";
export const PAGES: readonly string[] = ["docs/performance.md", "docs/runtimes.md", "README.md"];

/** By path below the root: what each file is to hold. */
export async function madeFiles(): Promise<Map<string, string>> {
  const results: Results = readResults(`${ROOT}${RESULTS}`);
  const files = new Map<string, string>();
  for (const page of PAGES) {
    const text = readFileSync(`${ROOT}${page}`, "utf8");
    files.set(
      page,
      filled(text, (name) => blockOf(results, name)),
    );
  }
  for (const name of Object.keys(PLOTS)) {
    for (const theme of THEMES) {
      const picture = await plot(results, name, theme);
      if (picture !== null) files.set(`docs/images/performance/${name}-${theme}.svg`, picture);
    }
  }
  return files;
}
