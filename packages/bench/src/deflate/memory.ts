/**
 * `pnpm bench:deflate-memory [--json] [--runtime node|deno|bun]`: resident memory of our server per connection under
 * permessage-deflate, for each runtime and each choice of contexts. Each server is a process of its own, the clients are
 * another one. Every connection has exchanged one message of 2 KB. The figure is the slope between 200 and 1,200
 * connections, because the first ones pay for what all share.
 */
import { parseArgs } from "node:util";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { startChild } from "../echo/child-process.ts";
import { printTable } from "../report.ts";
import { MEMORY_CASES } from "./cases.ts";
import type { LoadCalls } from "./load-process.ts";
import { programOf, type RuntimeName } from "./programs.ts";
import type { ServerCalls } from "./server-process.ts";

const { values: flags } = parseArgs({
  options: { json: { type: "boolean", default: false }, runtime: { type: "string" } },
});
const FEW = 200;
const MORE = 1_000;

async function bytesPerConnection(runtime: RuntimeName, caseName: string): Promise<number> {
  const load = startChild<LoadCalls>(new URL("./load-process.js", import.meta.url));
  const server = startChild<ServerCalls>(
    new URL("./server-process.js", import.meta.url),
    programOf(runtime),
  );
  try {
    const port = await server.call("listen", `sansocket-${runtime}`, caseName);
    await load.call("prepare", caseName);
    await load.call("openMore", port, FEW);
    const before = await server.call("residentMemory");
    await load.call("openMore", port, MORE);
    return ((await server.call("residentMemory")) - before) / MORE;
  } finally {
    load.stop();
    server.stop();
  }
}

const rows: { runtime: string; terms: string; bytesPerConnection: number }[] = [];
for (const runtime of RUNTIMES) {
  if (flags.runtime !== undefined && flags.runtime !== runtime) continue;
  for (const { name, terms } of MEMORY_CASES) {
    rows.push({ runtime, terms, bytesPerConnection: await bytesPerConnection(runtime, name) });
  }
}
if (flags.json) {
  console.log(JSON.stringify({ rows }, null, 2));
} else {
  printTable(
    ["runtime", "contexts", "KiB per connection"],
    rows.map((row) => [row.runtime, row.terms, (row.bytesPerConnection / 1_024).toFixed(0)]),
  );
}
