/**
 * Resident memory of our server per connection under permessage-deflate, for each choice of contexts. Each server is a
 * process of its own, the clients are another one. Every connection has exchanged one message of 2 KB. The figure is the
 * slope between 200 and 1,200 connections, because the first ones pay for what all share.
 */
import { startChild } from "../child-process.ts";
import type { Part } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Detail } from "../results.ts";
import { MEMORY_CASES } from "./cases.ts";
import type { LoadCalls } from "./load-process.ts";
import type { ServerCalls } from "./server-process.ts";

const FEW = 200;
const MORE = 1_000;

async function bytesPerConnection(program: Program, caseName: string): Promise<number> {
  const load = startChild<LoadCalls>(
    new URL("./load-process.js", import.meta.url),
    programNamed("node"),
  );
  const server = startChild<ServerCalls>(new URL("./server-process.js", import.meta.url), program);
  try {
    const port = await server.call("listen", `sansocket-${program.runtime}`, caseName);
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

export const deflateMemory: Part = {
  name: "deflate-memory",
  measures: "resident memory of our server per connection that compresses",
  cases: MEMORY_CASES.map(({ terms }) => terms),
  isPerRuntime: true,
  async run({ programs, wants, tell }) {
    const details: Detail[] = [];
    for (const program of programs) {
      for (const { name, terms } of MEMORY_CASES) {
        if (!wants(terms)) continue;
        tell(`${program.label} ${terms}`);
        const bytes = await bytesPerConnection(program, name);
        details.push({
          name: `${program.label}/${terms}`,
          cells: {
            runtime: program.label,
            contexts: terms,
            "KiB per connection": (bytes / 1_024).toFixed(0),
          },
        });
      }
    }
    return { rows: [], details };
  },
};
