/**
 * Puts the laws to sources with a fault in them. esbuild makes one program of the sources and the laws, in about 0.2 s, and a
 * process of its own runs the program: a fault may well be a loop without an end.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { ROOT } from "./faults.ts";

/** The result of one law. */
export interface Verdict {
  readonly law: string;
  readonly isKept: boolean;
  /** The size of the smallest counterexample, such as "6 bytes". Empty for a law that was kept. */
  readonly size: string;
  /** The words of the law. Empty for a law that was kept. */
  readonly message: string;
}

/** A program that judges one set of sources. */
export interface Court {
  /** Tries the laws in this order, up to the first that is broken. */
  judge(laws: readonly string[]): Promise<Verdict[]>;
  close(): void;
}

/** Longer than any law takes on a slow machine, ms. A law that has no verdict by then met a loop without an end. */
const PATIENCE = 120_000;

/** MB: enough for every law. A loop that takes memory has its verdict soon, on a large machine too. */
const HEAP = "--max-old-space-size=1024";

/** @param files sources that differ from those of the working tree, by their path from the root. */
export async function openCourt(files: ReadonlyMap<string, string>): Promise<Court> {
  const built = await build({
    entryPoints: [join(ROOT, "packages/mutations/programs/judge.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@sansocket/source"],
    logLevel: "silent",
    plugins: [sourcesFrom(files)],
    // Some dependencies are CommonJS and call `require` for a module of Node.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "sansocket-fault-"));
  const program = join(folder, "judge.mjs");
  writeFileSync(program, built.outputFiles[0]!.contents);
  return {
    judge: (laws) => judge(program, laws),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function sourcesFrom(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: "planted",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = files.get(relative(ROOT, path).split("\\").join("/"));
        return contents === undefined ? null : { contents, loader: "ts" };
      });
    },
  };
}

async function judge(program: string, laws: readonly string[]): Promise<Verdict[]> {
  const child = spawn(process.execPath, [HEAP, program, ...laws], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const verdicts: Verdict[] = [];
  let line = "";
  let errors = "";
  let isLate = false;
  let timer = setTimeout(giveUp, PATIENCE);
  function giveUp(): void {
    isLate = true;
    child.kill("SIGKILL");
  }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (line + text).split("\n");
    line = lines.pop()!;
    for (const each of lines) verdicts.push(JSON.parse(each) as Verdict);
    clearTimeout(timer);
    timer = setTimeout(giveUp, PATIENCE);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  const isDone = verdicts.length === laws.length || verdicts.at(-1)?.isKept === false;
  if (isDone) return verdicts;
  const law = laws[verdicts.length]!;
  // Code 13: nothing is left that could settle the promise for which the program waits.
  let how = "";
  if (isLate) how = "a loop without an end";
  else if (code === 13) how = "a promise that never settles";
  else if (/heap out of memory/.test(errors)) how = "a loop that takes all memory";
  if (how === "") throw new Error(`the judge ended with ${code} at ${law}:\n${errors}`);
  return [...verdicts, { law, isKept: false, size: "no end", message: how }];
}
