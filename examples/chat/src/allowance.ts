/** How much one connection may say: a bucket of so many messages that fills up with time. */

export interface Allowance {
  /** Messages that may be sent at once. */
  left: number;
  /** When `left` was right, ms. */
  at: number;
}

const BURST = 40;
const PER_SECOND = 8;

export function createAllowance(now: number): Allowance {
  return { left: BURST, at: now };
}

/** Takes one; false when there is none. */
export function take(allowance: Allowance, now: number): boolean {
  const gained = ((now - allowance.at) / 1_000) * PER_SECOND;
  allowance.left = Math.min(BURST, allowance.left + Math.max(0, gained));
  allowance.at = now;
  if (allowance.left < 1) return false;
  allowance.left -= 1;
  return true;
}
