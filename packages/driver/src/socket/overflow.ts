/**
 * When the driver starts to drop messages that find no room. On an open connection the driver drops nothing: it reads no more.
 * Behind our own Close, and behind the end of the input, the application gets a limited time for each step.
 */
import type { DeliveryEnd } from "./delivery-end.ts";
import { TAKER_PATIENCE } from "./last-word.ts";

/** The facts that decide. Points in time are in ms. */
interface OverflowFacts {
  /** The time at which the application last went on. */
  readonly wentOnAt: number;
  /** Messages are dropped already. */
  readonly isStopped: boolean;
  /** A hook or a loop takes messages, or a function that may begin a loop still runs. */
  readonly isTakerExpected: boolean;
  readonly link: { readonly isPullStopped: boolean };
}

/** @returns the time in ms; Infinity for never. */
export function overflowAt(
  facts: OverflowFacts,
  { fullSince, restSince }: DeliveryEnd,
  closeTimeout: number,
): number {
  if (fullSince === null && restSince === null) return Number.POSITIVE_INFINITY;
  if (facts.isStopped) return Number.POSITIVE_INFINITY;
  return Math.min(
    closingFullAt(fullSince, facts.wentOnAt, closeTimeout),
    restAt(restSince, facts, closeTimeout),
  );
}

/**
 * Behind our own Close the application has half of the time that the peer has for its Close, counted from the later of two
 * moments: the mailbox was full, or the application last went on. The limit is needed because the application may await `close`
 * in a hook, and only the end of that same hook could make room.
 */
function closingFullAt(fullSince: number | null, wentOnAt: number, closeTimeout: number): number {
  if (fullSince === null || closeTimeout === 0) return Number.POSITIVE_INFINITY;
  return Math.max(fullSince, wentOnAt) + Math.ceil(closeTimeout / 2);
}

/**
 * The connection ends when the rest of its input is pulled. The application has as much time for each step as behind the end.
 * Where nobody takes messages, a loop has a moment to begin.
 */
function restAt(restSince: number | null, facts: OverflowFacts, closeTimeout: number): number {
  if (restSince === null || !facts.link.isPullStopped) return Number.POSITIVE_INFINITY;
  const from = Math.max(restSince, facts.wentOnAt);
  if (!facts.isTakerExpected) return from + TAKER_PATIENCE;
  return closeTimeout === 0 ? Number.POSITIVE_INFINITY : from + closeTimeout;
}
