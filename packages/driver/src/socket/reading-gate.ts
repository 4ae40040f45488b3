/**
 * Whether the driver reads from the transport. The decision is a pure function of the facts at the end of a turn, and another
 * function acts on the decision.
 */
import type { Delivery } from "./delivery.ts";
import type { Link } from "./link.ts";

export interface ReadingFacts {
  /** Number of bytes that the engine holds before a decision, for example the bytes after a request. */
  readonly unread: number;
  /** Number of bytes of the messages that wait for the application. */
  readonly waiting: number;
  /** `limits.undelivered`, bytes. */
  readonly undelivered: number;
  /** On a server: the peer does not read the bytes that the server sends. */
  readonly isPressured: boolean;
  /** A shutdown waits until the messages that have arrived are answered. */
  readonly isRetiring: boolean;
  /**
   * Bytes that still arrive are dropped. The engine drops bytes after the peer's Close or violation; the driver drops messages
   * that no consumer takes.
   */
  readonly isInputOver: boolean;
  /** The application awaits a pong, or the peer's Close, which arrives only after the data before it. */
  readonly isAwaited: boolean;
  /** Reading is paused now. */
  readonly isHeld: boolean;
}

/**
 * Bytes that may wait for the application. The room is twice as large while the application awaits a pong or the peer's Close,
 * so that `await socket.ping()` finishes inside a hook.
 */
export function roomFor(undelivered: number, isAwaited: boolean): number {
  return isAwaited ? undelivered * 2 : undelivered;
}

/** @returns true when reading pauses or stays paused. */
export function shouldHoldReading(facts: ReadingFacts): boolean {
  const { undelivered, isAwaited } = facts;
  // The application has not decided about the request, and the peer goes on sending.
  if (facts.unread > undelivered) return true;
  // Reading must go on to receive the peer's Close. Unread bytes would also turn our last bytes into a reset of TCP.
  if (facts.isInputOver) return false;
  const room = roomFor(undelivered, isAwaited);
  // A full room must become half empty first: otherwise every message would cause a pause and a resume.
  if (facts.waiting > (facts.isHeld ? room / 2 : room)) return true;
  return !isAwaited && (facts.isPressured || facts.isRetiring);
}

/** Called at the end of a turn. Pauses the transport only while the application or the peer is too slow. */
export function settleReading(
  link: Link,
  outgoing: { readonly isPressured: boolean },
  delivery: Pick<Delivery, "waitingBytes" | "isRetiring" | "isStopped" | "end" | "facts">,
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
      // A server stops reading from a peer that makes the server write and does not read. A client goes on reading: if both
      // sides waited for the other side to read, two messages of 1 MiB would be enough to stop both sides for good.
      isPressured: isPressured && endpoint.role === "server",
      isRetiring,
      isInputOver: delivery.isStopped || endpoint.peerClose !== null || endpoint.violation !== null,
      isAwaited: endpoint.state !== "open" || isPongAwaited,
      isHeld: link.isReadingHeld,
    });
  if (!shouldHold) {
    if (delivery.end !== null) delivery.end.fullSince = null;
  } else if (endpoint.state === "closing") {
    delivery.facts.fullSince ??= now;
  }
  if (shouldHold === link.isReadingHeld || link.info !== null) return;
  link.isReadingHeld = shouldHold;
  if (shouldHold) {
    endpoint.pauseReading(now);
    transport.pause();
  } else {
    endpoint.resumeReading(now);
    transport.resume();
  }
}
