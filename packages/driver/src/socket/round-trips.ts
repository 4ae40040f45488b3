/** Pings that wait for their pongs (RFC 6455 §5.5.2, §5.5.3). */

interface Waiter {
  /** The number that the engine gave the ping. Each ping has a larger number than all pings before. */
  readonly number: number;
  /** ms */
  readonly sentAt: number;
  resolve(result: number | "closed"): void;
}

export class RoundTrips {
  private waiters: Waiter[] | null = null;

  get isPongAwaited(): boolean {
    return this.waiters !== null;
  }

  /** @returns the round-trip time in ms; "closed" when no pong came. Never rejects. */
  wait(number: number, sentAt: number): Promise<number | "closed"> {
    return new Promise((resolve) => {
      this.waiters ??= [];
      this.waiters.push({ number, sentAt, resolve });
    });
  }

  /** §5.5.3: a pong answers its ping, and all pings before that ping. @param number 0 for a pong that answers no ping. */
  answered(number: number, now: number): void {
    const { waiters } = this;
    if (waiters === null || number === 0) return;
    let count = 0; // the waiters stand in the order of their numbers
    while (count < waiters.length && waiters[count]!.number <= number) {
      waiters[count]!.resolve(now - waiters[count]!.sentAt);
      count += 1;
    }
    if (count === waiters.length) this.waiters = null;
    else if (count > 0) waiters.splice(0, count);
  }

  /** No pong comes any more: nothing more is read, or the connection is over. */
  noPongComes(): void {
    const { waiters } = this;
    this.waiters = null;
    for (const { resolve } of waiters ?? []) resolve("closed");
  }
}
