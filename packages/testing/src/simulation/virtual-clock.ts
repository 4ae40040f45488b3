/** A clock that goes where it is told to, in ms. */
export class VirtualClock {
  /** ms. */
  now: number;

  /** @throws RangeError for what is no time: every comparison with NaN is false, and the clock would stand. */
  constructor(now: number = 0) {
    if (!Number.isFinite(now)) throw new RangeError(`a clock cannot begin at ${String(now)}`);
    this.now = now;
  }

  /** @throws RangeError when asked to go back. */
  advanceTo(now: number): void {
    if (typeof now !== "number" || !(now >= this.now)) {
      throw new RangeError(`the clock is at ${this.now} ms and cannot go to ${String(now)}`);
    }
    this.now = now;
  }

  /** Goes on by so many ms. */
  advanceBy(ms: number): void {
    this.advanceTo(this.now + ms);
  }

  /**
   * To the earliest of the deadlines that is not Infinity, if it is ahead.
   * @returns false when there is none.
   */
  advanceToEarliest(deadlines: Iterable<number>): boolean {
    const earliest = Math.min(...deadlines);
    if (earliest === Number.POSITIVE_INFINITY) return false;
    this.now = Math.max(this.now, earliest);
    return true;
  }
}
