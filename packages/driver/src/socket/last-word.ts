/**
 * Our Close waits until the application has answered the messages that came before the peer's Close, or before the peer's
 * violation. RFC 6455 §5.5.1 lets an endpoint delay its Close. The engine limits the wait with `timeouts.close`.
 */
import type { Link } from "./link.ts";

/**
 * The number of ms that our Close waits for a loop to begin. A loop may begin later than the messages for the loop arrive, for
 * instance some promises after `connect`. The wait is short because of an application that only sends: the timer of the peer
 * must not run out.
 */
export const TAKER_PATIENCE = 1_000;

/** An object that answers messages at its own time, after the `message` hook or the loop: an object of the web platform. */
export interface Answering {
  readonly isAnswering: boolean;
}

export class LastWord {
  isDelayed = false;
  /** The time at which our Close goes out although messages wait, ms. Infinity where a hook or a loop may take the messages. */
  releaseAt: number = Number.POSITIVE_INFINITY;
  /** The object that answers messages besides hooks and loops; null for no object. */
  answering: Answering | null = null;
  private readonly link: Link;

  constructor(link: Link) {
    this.link = link;
  }

  /** @param isForgotten messages wait, and there is no hook and no loop to take the messages. */
  delay(isForgotten: boolean): void {
    this.isDelayed = this.link.endpoint.delayClose();
    if (isForgotten) this.releaseAt = this.link.now + TAKER_PATIENCE;
  }

  /** A hook or a loop is now there to take the messages. */
  takerCame(): void {
    this.releaseAt = Number.POSITIVE_INFINITY;
  }

  release(): void {
    const { link } = this;
    this.isDelayed = false;
    this.releaseAt = Number.POSITIVE_INFINITY;
    link.endpoint.releaseClose(link.tick());
    link.queued();
  }
}
