/** The chat with the adapter of the current runtime. All adapters have the same names. */
import { run } from "./command-line.ts";

type Adapter = typeof import("@sansocket/node");

/** A name that the compiler does not follow. Otherwise it needs the types of all three runtimes at once. */
function adapterName(): string {
  if ("Deno" in globalThis) return "@sansocket/deno";
  return "Bun" in globalThis ? "@sansocket/bun" : "@sansocket/node";
}

const { prepare, serve }: Adapter = await import(adapterName());
await run({ serve, prepare });
