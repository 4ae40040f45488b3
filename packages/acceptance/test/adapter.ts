/** The adapter of the runtime that runs this. What the tests say, they say of all three. */
import type * as NodeAdapter from "@sansocket/node";
import { currentRuntime, type RuntimeName } from "@sansocket/workshop/runtimes";

export const runtime: RuntimeName = currentRuntime();

/** Typed as Node's, which has all that the others have; theirs need the types of their own runtimes. */
type Adapter = Omit<typeof NodeAdapter, "createServer" | "fromDuplex" | "NodeServer">;

/** A name that is put together keeps the type checker, which knows one runtime, out of the sources of the others. */
export const adapter: Adapter = await import(`@sansocket/${runtime}`);

export const serve: Adapter["serve"] = adapter.serve;
export const connect: Adapter["connect"] = adapter.connect;
export const deflate: Adapter["deflate"] = adapter.deflate;
