/** The chat with the adapter of the runtime that this runs in: the names are the same in all of them. */
import { run } from "./command-line.ts";

type Adapter = typeof import("@sansocket/node");

/** By a name that the compiler does not follow: it would want the types of all three runtimes at once. */
function adapterName(): string {
  if ("Deno" in globalThis) return "@sansocket/deno";
  return "Bun" in globalThis ? "@sansocket/bun" : "@sansocket/node";
}

const { prepare, serve }: Adapter = await import(adapterName());
await run({ serve, prepare });
