import type { Server } from "@sansocket/bun";

/** The port that a server was given. */
export function portOf({ address }: Pick<Server, "address">): number {
  if (address === null || "path" in address) throw new Error("bug: no port");
  return address.port;
}
