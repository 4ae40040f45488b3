/** The adapter of the runtime that this runs in: the names are the same in all of them. */
export type Adapter = typeof import("@sansocket/node");

/** By a name that the compiler does not follow: it would want the types of all three runtimes at once. */
export function adapter(): Promise<Adapter> {
  if ("Deno" in globalThis) return import("@sansocket/deno" as string);
  return import("Bun" in globalThis ? ("@sansocket/bun" as string) : "@sansocket/node");
}

/** Nobody who tests an engine with its echo should meet its limits: 256 MiB, a million fragments. */
export const LIMITS = {
  message: 268_435_456,
  frame: 268_435_456,
  fragments: 1_000_000,
  unsent: 536_870_912,
} as const;
