/** A clock that goes where it is told to, in ms. */
export class VirtualClock {
  /** ms. */
  now: number;

  constructor(now: number = 0) {
    this.now = now;
  }

  /** @throws RangeError when asked to go back. */
  advanceTo(now: number): void {
    if (!(now >= this.now))
      throw new RangeError(`the clock is at ${this.now} ms and cannot go to ${now}`);
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
