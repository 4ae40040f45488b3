/**
 * When the driver starts to drop messages that find no room. On an open connection the driver drops nothing: it reads no more.
 * Behind our own Close, and behind the end of the input, the application gets a limited time for each step.
 */
import { TAKER_PATIENCE } from "./last-word.ts";

/** The facts that decide. Points in time are in ms. */
interface OverflowFacts {
  /** The time since which a connection that closes reads no more, because the mailbox is full; null while it reads. */
  readonly fullSince: number | null;
  /** Since when the end of the input is known, and stands behind messages that find no room; null before. */
  readonly restSince: number | null;
  /** The time at which the application last went on. */
  readonly wentOnAt: number;
  /** Messages are dropped already. */
  readonly isStopped: boolean;
  /** A hook or a loop takes messages, or a function that may begin a loop still runs. */
  readonly isTakerExpected: boolean;
  readonly link: { readonly isPullStopped: boolean };
}

/** @returns the time in ms; Infinity for never. */
export function overflowAt(facts: OverflowFacts, closeTimeout: number): number {
  const { fullSince, restSince } = facts;
  if (fullSince === null && restSince === null) return Number.POSITIVE_INFINITY; // almost always
  if (facts.isStopped) return Number.POSITIVE_INFINITY;
  return Math.min(closingFullAt(facts, closeTimeout), restAt(facts, closeTimeout));
}

/**
 * Behind our own Close the application has half of the time that the peer has for its Close, counted from the later of two
 * moments: the mailbox was full, or the application last went on. The limit is needed because the application may await `close`
 * in a hook, and only the end of that same hook could make room.
 */
function closingFullAt({ fullSince, wentOnAt }: OverflowFacts, closeTimeout: number): number {
  if (fullSince === null || closeTimeout === 0) return Number.POSITIVE_INFINITY;
  return Math.max(fullSince, wentOnAt) + Math.ceil(closeTimeout / 2);
}

/**
 * The connection ends when the rest of its input is pulled. The application has as much time for each step as behind the end.
 * Where nobody takes messages, a loop has a moment to begin.
 */
function restAt(facts: OverflowFacts, closeTimeout: number): number {
  const { restSince, wentOnAt } = facts;
  if (restSince === null || !facts.link.isPullStopped) return Number.POSITIVE_INFINITY;
  const from = Math.max(restSince, wentOnAt);
  if (!facts.isTakerExpected) return from + TAKER_PATIENCE;
  return closeTimeout === 0 ? Number.POSITIVE_INFINITY : from + closeTimeout;
}
