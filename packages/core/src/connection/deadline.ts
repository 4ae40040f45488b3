/** Points in time, in ms of the host's clock. */
import { describeValue } from "../bytes/describe-value.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/** A deadline that never comes. The value is not Infinity, because V8 stores a small integer in the field itself. */
export const NEVER = -1;

/** A point in time, or {@link NEVER} for a timeout of 0. */
export function deadlineAfter(now: number, timeout: number): number {
  return timeout === 0 ? NEVER : now + timeout;
}

/**
 * Drops the fraction of `now`, and never goes back. Whole milliseconds are fine enough for every deadline here, and V8
 * allocates memory for a fraction but not for a small integer.
 */
export function checkedTime(now: number, last: number): number {
  // Most calls of a busy connection fall into the same millisecond.
  if (typeof now === "number" && now >= last && now < last + 1) return last;
  if (typeof now !== "number" || !Number.isFinite(now)) {
    throw new MisuseError(
      `now is ${describeValue(now)}: it must be milliseconds of a monotonic clock`,
    );
  }
  return Math.max(Math.floor(now), last);
}
