/**
 * Whether the driver pulls the engine. One read of the transport is with the engine as a whole, and compressed messages inflate
 * to a thousand times their bytes. So pausing the transport does not bound the messages that wait: pulling stops too, and the
 * engine keeps the rest of the read as it came. The rest is pulled when the application has taken enough.
 *
 * Until then the bytes are like bytes that the kernel holds while reading is paused: frames, the Close and the end of the stream
 * behind the messages are told later. Where pulling is stopped, reading is paused as well.
 */
import type { Endpoint } from "@sansocket/core";
import type { Delivery } from "./delivery.ts";
import { roomFor } from "./reading-gate.ts";

/**
 * Bytes that may wait beyond the room before pulling stops. A read of 64 KiB that is not compressed rarely brings more, so
 * such a read is pulled whole, with the control frames in it. Each time that pulling goes on, at least so much is pulled.
 */
export const PULLED_BEYOND = 65_536;

/** The facts of the connection that decide. */
interface PullFacts {
  readonly endpoint: Pick<Endpoint, "state" | "ended" | "unread">;
  readonly delivery: Pick<Delivery, "waitingBytes" | "isStopped">;
  readonly behaviour: { readonly undelivered: number };
}

/** Called when a message was added to many that wait. @returns whether pulling stops here. */
export function stopsPulling(facts: PullFacts, isPongAwaited: boolean): boolean {
  // Without unread input only the end of the input is left, which costs no memory.
  if (facts.endpoint.unread === 0) return false;
  return facts.delivery.waitingBytes > roomOf(facts, isPongAwaited) + PULLED_BEYOND;
}

/** Pulling has stopped. @returns whether pulling goes on. */
export function pullsAgain(facts: PullFacts, isPongAwaited: boolean): boolean {
  const { delivery, endpoint } = facts;
  // Messages that are dropped need no room, and behind an abort only the end is left.
  if (delivery.isStopped || endpoint.ended !== null) return true;
  return delivery.waitingBytes <= roomOf(facts, isPongAwaited);
}

function roomOf({ endpoint, behaviour }: PullFacts, isPongAwaited: boolean): number {
  return roomFor(behaviour.undelivered, endpoint.state !== "open" || isPongAwaited);
}
