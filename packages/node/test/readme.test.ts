/** The examples of the README are the ones that are compiled and run here. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { NodeServer } from "@sansocket/node";
import { afterEach, expect, test, vi } from "vitest";

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function read(path: string): Promise<string> {
  return await readFile(pathOf(path), "utf8");
}

/** Runs a copy of the example that has another port, and gives what it has made. */
async function run(name: string, port: number, made: string): Promise<unknown> {
  const text = (await read(`./readme/${name}.ts`)).replaceAll("8080", String(port));
  await mkdir(pathOf("../reports/readme"), { recursive: true });
  await writeFile(pathOf(`../reports/readme/${name}.ts`), `${text}export { ${made} };\n`);
  const module = (await import(pathOf(`../reports/readme/${name}.ts`))) as Record<string, unknown>;
  return module[made];
}

afterEach(() => void vi.restoreAllMocks());

test("the README shows the server and the client that are compiled here", async () => {
  const blocks = [...(await read("../README.md")).matchAll(/```ts\n([\s\S]*?)```/g)];
  const examples = await Promise.all(
    ["server", "client"].map((name) => read(`./readme/${name}.ts`)),
  );
  expect(blocks.map(([, block]) => block)).toEqual(examples);
});

test("the server and the client of the README talk as it says", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const server = (await run("server", 0, "server")) as NodeServer;
  const { port } = server.address as { port: number };
  await run("client", port, "socket");
  await server.shutdown();
  expect(log.mock.calls).toEqual([
    [`ws://127.0.0.1:${port}`],
    ["welcome"],
    ["hello"],
    [1000, true],
  ]);
});
