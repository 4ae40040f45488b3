/**
 * Gives the memory of large messages back to the system when nobody needs it any more. The engine keeps such memory for the
 * next message, and has no timers: the driver reminds it.
 */
import { keptLargeBytes, trimLargeMemory } from "@sansocket/core";
import type { Runtime } from "./runtime.ts";

/**
 * ms. Memory that nobody has used for so long goes back, at the latest after twice the time. A busy server uses its memory
 * again within milliseconds, and fresh memory for a message of 1 MiB costs 0.1 ms.
 */
const IDLE = 10_000;

/** Runtimes with a timer that is under way: one for all servers and clients. */
const armed: WeakSet<Runtime> = new WeakSet();

/** Sees to it that the free memory of large messages is given back in time, if there is any. */
export function trimWhenIdle(runtime: Runtime): void {
  if (keptLargeBytes() === 0 || armed.has(runtime)) return;
  armed.add(runtime);
  runtime.setTimer(() => trim(runtime), IDLE, false);
}

function trim(runtime: Runtime): void {
  armed.delete(runtime);
  if (trimLargeMemory() > 0) trimWhenIdle(runtime);
}
