/** A message in memory of its own, which the application may keep. */
import type { Link } from "./link.ts";

/** The runtime is told of no fewer bytes: see `Runtime.gaveOwnMemory`. */
const TOLD_FROM = 16_384;

export function ownMessage(link: Pick<Link, "endpoint" | "runtime">): Uint8Array<ArrayBuffer> {
  const message = link.endpoint.ownBytes();
  if (message.length >= TOLD_FROM) link.runtime.gaveOwnMemory?.(message.length);
  return message;
}
