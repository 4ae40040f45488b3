/** The packages that are published, as their manifests tell of them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** What the tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly author?: string;
  readonly homepage?: string;
  readonly bugs?: { readonly url: string };
  readonly repository?: { readonly url: string; readonly directory?: string };
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly files?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string };
  readonly exports?: Readonly<Record<string, string | { types: string; default: string }>>;
}

export interface Published {
  /** The folder's name below packages/. */
  readonly folder: string;
  /** The absolute path of the folder. */
  readonly path: string;
  readonly manifest: Manifest;
  /** What users import, and its types: `["@sansocket/core/describe", "/…/dist/describe.d.ts"]`. */
  readonly entries: readonly (readonly [string, string])[];
}

function published(folder: string): Published {
  const path = `${ROOT}packages/${folder}/`;
  const manifest = JSON.parse(readFileSync(`${path}package.json`, "utf8")) as Manifest;
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) =>
    typeof target === "string"
      ? []
      : [[`${manifest.name}${subpath.slice(1)}`, `${path}${target.types.slice(2)}`] as const],
  );
  return { folder, path, manifest, entries };
}

export const PUBLISHED: readonly Published[] = readdirSync(`${ROOT}packages`)
  .sort()
  .map(published)
  .filter(({ manifest }) => manifest.private !== true);
