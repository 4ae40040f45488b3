/** Whether the transport is read from: a pure function of what is known at the end of a turn; and the gate that acts on the answer. */
import type { Delivery } from "./delivery.ts";
import type { Link } from "./link.ts";

export interface ReadingFacts {
  /** Bytes that the engine holds before a decision: behind a request, for example. */
  readonly unread: number;
  /** Bytes of messages that wait for the application. */
  readonly waiting: number;
  /** `limits.undelivered`, bytes. */
  readonly undelivered: number;
  /** A server whose peer does not read what it is sent. */
  readonly isPressured: boolean;
  /** A shutdown waits until what has arrived is answered. */
  readonly isRetiring: boolean;
  /** Bytes that still arrive are dropped: by the engine behind the peer's Close or violation, or because no consumer takes messages. */
  readonly isInputOver: boolean;
  /** A pong is awaited, or the peer's Close, and it stands behind the data. */
  readonly isAwaited: boolean;
  /** Reading is paused now. */
  readonly isHeld: boolean;
}

/** @returns true: reading pauses, or stays paused. */
export function shouldHoldReading(facts: ReadingFacts): boolean {
  const { undelivered, isAwaited } = facts;
  // The application has not decided about the request, and the peer goes on sending.
  if (facts.unread > undelivered) return true;
  // Reading on brings the peer's Close, and keeps our last words from becoming a reset.
  if (facts.isInputOver) return false;
  // Room for as much again, so that `await socket.ping()` finishes inside a hook.
  const room = isAwaited ? undelivered * 2 : undelivered;
  // Half of the room, once it is full: otherwise every message would be a pause and a resume.
  if (facts.waiting > (facts.isHeld ? room / 2 : room)) return true;
  return !isAwaited && (facts.isPressured || facts.isRetiring);
}

/** Pauses the transport while the application or the peer does not keep up, and only then. */
export class ReadingGate {
  private isHeld = false;

  /** At the end of a turn. */
  settle(
    link: Link,
    outgoing: { readonly isPressured: boolean },
    delivery: Pick<Delivery, "waitingBytes" | "isRetiring" | "isStopped" | "fullSince">,
    isPongAwaited: boolean,
  ): void {
    const { endpoint, behaviour, transport, now } = link;
    const { isPressured } = outgoing;
    const { waitingBytes, isRetiring } = delivery;
    // In almost every turn no message waits and there is no pressure: the other facts do not matter then.
    const isAtEase =
      !isPressured && !isRetiring && waitingBytes === 0 && endpoint.unread <= behaviour.undelivered;
    const shouldHold =
      !isAtEase &&
      shouldHoldReading({
        unread: endpoint.unread,
        waiting: waitingBytes,
        undelivered: behaviour.undelivered,
        // A server protects itself from a peer that makes it write and does not read. A client reads on: if both waited for
        // the other to read, two messages of 1 MiB would be enough to stop them for good.
        isPressured: isPressured && endpoint.role === "server",
        isRetiring,
        isInputOver:
          delivery.isStopped || endpoint.peerClose !== null || endpoint.violation !== null,
        isAwaited: endpoint.state !== "open" || isPongAwaited,
        isHeld: this.isHeld,
      });
    if (!shouldHold) delivery.fullSince = Number.POSITIVE_INFINITY;
    else if (endpoint.state === "closing") delivery.fullSince = Math.min(delivery.fullSince, now);
    if (shouldHold === this.isHeld || link.info !== null) return;
    this.isHeld = shouldHold;
    if (shouldHold) {
      endpoint.pauseReading(now);
      transport.pause();
    } else {
      endpoint.resumeReading(now);
      transport.resume();
    }
  }
}
