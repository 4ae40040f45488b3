/** The adapter of the current runtime. All adapters have the same names. */
export type Adapter = typeof import("@sansocket/node");

/** A name that the compiler does not follow. Otherwise it needs the types of all three runtimes at once. */
export function adapter(): Promise<Adapter> {
  if ("Deno" in globalThis) return import("@sansocket/deno" as string);
  return import("Bun" in globalThis ? ("@sansocket/bun" as string) : "@sansocket/node");
}

/** Tests of an engine with this echo should not meet its limits: 256 MiB, a million fragments. */
export const LIMITS = {
  message: 268_435_456,
  frame: 268_435_456,
  fragments: 1_000_000,
  unsent: 536_870_912,
} as const;
