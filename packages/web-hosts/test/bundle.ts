/** A program of this package in one file, for whoever knows nothing of Node. */
import { fileURLToPath } from "node:url";
import { type BuildResult, build } from "esbuild";

export const PROGRAMS: string = fileURLToPath(new URL("../programs", import.meta.url));

/** @param source a module, which may import the programs. */
export async function bundle(
  source: string,
  options: { readonly minify: boolean } = { minify: false },
): Promise<{ code: string } & Pick<BuildResult<{ metafile: true }>, "metafile">> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: PROGRAMS },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2022",
    conditions: ["@sansocket/source"],
    external: ["cloudflare:sockets"],
    logLevel: "silent",
    ...options,
  });
  return { code: outputFiles[0]!.text, metafile };
}
