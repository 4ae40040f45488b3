/** The adapter of the runtime that this runs in: the same names from each of them. */
export type Adapter = Pick<typeof import("@sansocket/node"), "serve" | "connect">;

export async function adapter(): Promise<Adapter> {
  if ("Deno" in globalThis) return (await import("@sansocket/deno" as string)) as Adapter;
  if ("Bun" in globalThis) return (await import("@sansocket/bun" as string)) as Adapter;
  return await import("@sansocket/node");
}

/** Nobody who tests an engine with its echo should meet its limits: 256 MiB, a million fragments. */
export const LIMITS = {
  message: 268_435_456,
  frame: 268_435_456,
  fragments: 1_000_000,
  unsent: 536_870_912,
} as const;
