/** When a connection is read from: its transport is paused while the application or the peer does not keep up, and only then. */
import type { Binding } from "./binding.ts";

/** At the end of each turn. */
export function holdOrRead(binding: Binding): void {
  const { endpoint, delivery, transport, now } = binding;
  const shouldHold = shouldBeHeld(binding);
  if (!shouldHold) {
    if (binding.isReadingHeld) delivery.fullSince = Number.POSITIVE_INFINITY;
  } else if (endpoint.state === "closing") {
    delivery.fullSince = Math.min(delivery.fullSince, now);
  }
  if (shouldHold === binding.isReadingHeld || binding.info !== null) return;
  binding.isReadingHeld = shouldHold;
  if (shouldHold) {
    endpoint.pauseReading(now);
    transport.pause();
  } else {
    endpoint.resumeReading(now);
    transport.resume();
  }
}

function shouldBeHeld({ endpoint, delivery, outgoing, owner, isReadingHeld }: Binding): boolean {
  const { undelivered } = owner.behaviour;
  // Nobody has decided about the request, and the peer goes on sending.
  if (endpoint.unread > undelivered) return true;
  // A server protects itself from a peer who makes it write and does not read. A client reads on: if both waited for the
  // other to read, two messages of 1 MiB would be enough to stop them for good.
  const isPressured = outgoing.isPressured && endpoint.role === "server";
  if (!isPressured && !delivery.isRetiring && delivery.octets === 0) return false;
  // What arrives now is dropped: reading on brings the peer's Close, and keeps our last words from becoming a reset.
  if (delivery.isStopped || endpoint.peerClose !== null || endpoint.violation !== null)
    return false;
  const isClosing = endpoint.state !== "open";
  // Somebody awaits a pong, or the peer's Close, which stand behind the data: room for as much again.
  const isAwaited = isClosing || outgoing.isPongAwaited;
  const room = isAwaited ? undelivered * 2 : undelivered;
  // Half of it, once it is full: not a pause and a resume for every message.
  if (delivery.octets > (isReadingHeld ? room / 2 : room)) return true;
  return !isAwaited && (isPressured || delivery.isRetiring);
}
