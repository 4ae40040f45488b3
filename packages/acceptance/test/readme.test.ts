/** The programs of the READMEs do what they say, in each runtime: only the name of the adapter changes. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { runtime } from "./adapter.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const OUTPUT = join(ROOT, "packages/acceptance/reports/readme");

afterEach(() => void vi.restoreAllMocks());

async function programsOf(page: string, adapter: string = runtime): Promise<string[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks.filter((block) => block.includes(`from "@sansocket/${adapter}"`));
}

/** Runs the program on that port with this runtime's adapter; gives what it has made. */
async function run(program: string, name: string, port: number, made: string): Promise<unknown> {
  const text = program
    .replace(/@sansocket\/(node|deno|bun)"/g, `@sansocket/${runtime}"`)
    .replaceAll("8080", String(port));
  const path = join(OUTPUT, `${runtime}-${name}.ts`);
  await mkdir(OUTPUT, { recursive: true });
  await writeFile(path, `${text}\nexport { ${made} };\n`);
  const module = (await import(/* @vite-ignore */ path)) as Record<string, unknown>;
  return module[made];
}

interface Listening {
  readonly address: { readonly port: number };
  shutdown(): Promise<void>;
}

test("the server and the client of the root README talk as it says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const [serverProgram, clientProgram] = await programsOf("README.md", "node");
  const server = (await run(serverProgram!, "server", 0, "server")) as Listening;
  const { port } = server.address;
  await run(clientProgram!, "client", port, "socket");
  await server.shutdown();
  expect(log.mock.calls).toEqual([[`ws://127.0.0.1:${port}`], ["hello"]]);
});

// On Node they are two programs: the test above, and packages/node/test/readme.test.ts.
const pages = runtime === "node" ? [] : ["README.md", `packages/${runtime}/README.md`];

test.each(pages)("the program for this runtime in %s runs to its end", async (page) => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const [program] = await programsOf(page);
  // One process is both here, so the port has to be known before: any that is free now.
  const probe = await import("node:net");
  const port = await new Promise<number>((resolve) => {
    const server = probe.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
  await run(program!, page.replaceAll(/\W/g, "-"), port, "server");
  expect(log.mock.calls).toEqual([["hello"]]);
});
