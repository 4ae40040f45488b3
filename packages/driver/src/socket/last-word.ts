/**
 * Our Close waits for the answers to what came before the peer's Close, or before its violation: RFC 6455 §5.5.1 lets an
 * endpoint delay its Close. The engine bounds the wait by `timeouts.close`.
 */
import type { Link } from "./link.ts";

/**
 * A loop may begin behind the messages that it is for, some promises after `connect`, for instance. Where no loop has begun,
 * our Close waits this long for one, ms: the peer's own timer must not run out because of an application that only sends.
 */
const TAKER_PATIENCE = 1_000;

/** Something that answers messages in a time of its own, behind the `message` hook or the loop: an object of the web platform. */
export interface Answering {
  readonly isAnswering: boolean;
}

export class LastWord {
  isDelayed = false;
  /** When our Close goes out although messages wait. Infinity where a hook or a loop may take them. ms */
  releaseAt: number = Number.POSITIVE_INFINITY;
  /** Answers messages besides hooks and loops; null for nothing. */
  answering: Answering | null = null;
  private readonly link: Link;

  constructor(link: Link) {
    this.link = link;
  }

  /** @param isForgotten messages wait, and no hook and no loop is there to take them. */
  delay(isForgotten: boolean): void {
    this.isDelayed = this.link.endpoint.delayClose();
    if (isForgotten) this.releaseAt = this.link.now + TAKER_PATIENCE;
  }

  /** A hook or a loop takes the messages now. */
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
