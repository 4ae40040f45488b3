/** The adapter of the runtime that runs this. What the tests say, they say of all three. */
import type * as NodeAdapter from "@sansocket/node";

export type RuntimeName = "node" | "deno" | "bun";

/** Deno and Bun both claim a `process.versions.node`. */
function runtimeName(): RuntimeName {
  if ("Deno" in globalThis) return "deno";
  return process.versions["bun"] === undefined ? "node" : "bun";
}

export const runtime: RuntimeName = runtimeName();

/** Typed as Node's, which has all that the others have; theirs need the types of their own runtimes. */
type Adapter = Omit<typeof NodeAdapter, "createServer" | "fromDuplex" | "NodeServer">;

/** A name that is put together keeps the type checker, which knows one runtime, out of the sources of the others. */
export const adapter: Adapter = await import(`@sansocket/${runtime}`);

export const serve: Adapter["serve"] = adapter.serve;
export const connect: Adapter["connect"] = adapter.connect;
