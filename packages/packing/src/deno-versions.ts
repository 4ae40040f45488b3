/** Gives each deno.json the version of the package.json beside it: changesets knows nothing of Deno's registry. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));

for (const folder of readdirSync(PACKAGES)) {
  const path = `${PACKAGES}${folder}/deno.json`;
  if (!existsSync(path)) continue;
  const manifest = readFileSync(`${PACKAGES}${folder}/package.json`, "utf8");
  const { version } = JSON.parse(manifest) as { readonly version: string };
  const config = readFileSync(path, "utf8");
  // The text stays as it is formatted.
  writeFileSync(path, config.replace(/"version": "[^"]*"/, `"version": "${version}"`));
}
