/** Points in time, in ms of the host's clock. */
import { describeValue } from "../bytes/describe-value.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/** A deadline that never comes. Not Infinity: an integer keeps the field cheap. */
export const NEVER = -1;

/** A point in time, or {@link NEVER} for a timeout of 0. */
export function deadlineAfter(now: number, timeout: number): number {
  return timeout === 0 ? NEVER : now + timeout;
}

/**
 * Whole milliseconds are as fine as any deadline here, and an integer costs a connection no memory of its own, which a
 * fraction does.
 */
export function checkedTime(now: number, last: number): number {
  if (typeof now !== "number" || !Number.isFinite(now)) {
    throw new MisuseError(
      `now is ${describeValue(now)}: it must be milliseconds of a monotonic clock`,
    );
  }
  return Math.max(Math.floor(now), last);
}
