/** Points in time at which a timer fires, in ms of the host's clock. */

/** A deadline that never comes. Not Infinity: an integer keeps the field cheap. */
export const NEVER = -1;

/** A point in time, or {@link NEVER} for a timeout of 0. */
export function deadlineAfter(now: number, timeout: number): number {
  return timeout === 0 ? NEVER : now + timeout;
}
