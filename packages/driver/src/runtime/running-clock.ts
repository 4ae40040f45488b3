/**
 * The time in which this process ran. While the process was stopped (a debugger, a suspended machine, SIGSTOP, a loop that
 * computes), it could hear no peer. The clock leaves that time out, because it is not the silence of a peer. A timer that
 * fires much later than it was set for tells of such a gap. So the clock needs a timer whenever it is to go on.
 */
import type { Runtime } from "./runtime.ts";

/** ms. A timer that is later than this tells of a gap. On a busy machine most timers are late by less. */
const USUAL_DELAY = 100;

export class RunningClock {
  private readonly runtime: Runtime;
  /** The part of the runtime's time that was left out. ms */
  private leftOut = 0;
  /** When the process was seen running last, by the runtime's clock. ms */
  private seenAt: number;
  /** When a timer is to fire, by the runtime's clock. ms */
  private expectedAt = Number.POSITIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.seenAt = runtime.now();
  }

  /** ms; never goes back. */
  now(): number {
    const at = this.runtime.now();
    // The timer has not fired yet. So nothing has run since it was due, except for the caller that asked last.
    if (at > this.expectedAt + USUAL_DELAY) {
      const gap = at - Math.max(this.expectedAt, this.seenAt);
      if (gap > 0) this.leftOut += gap;
    }
    this.seenAt = at;
    return at - this.leftOut;
  }

  /** A timer was set that fires after so many ms. */
  expect(delay: number): void {
    this.expectedAt = this.runtime.now() + delay;
  }

  /** The timer has fired, or will not. */
  expectNothing(): void {
    this.now();
    this.expectedAt = Number.POSITIVE_INFINITY;
  }
}
