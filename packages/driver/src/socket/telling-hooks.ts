/** The hooks `ping`, `pong`, `trace` and `drain`: they tell the application of something, and no message waits for them. */
import type { Delivery } from "./delivery.ts";
import { type Flushable, markDirty } from "./flushing.ts";
import { notifyHook } from "./hook-runner.ts";

export function pinged(delivery: Delivery): void {
  const { receiver, link } = delivery;
  if (receiver === null) return;
  notifyHook(delivery, "ping", () => receiver.ping(() => link.endpoint.ownBytes()));
}

export function ponged(delivery: Delivery): void {
  const { receiver, link } = delivery;
  if (receiver === null) return;
  notifyHook(delivery, "pong", () => receiver.pong(() => link.endpoint.ownBytes()));
}

export function traced(delivery: Delivery): void {
  const { receiver, link } = delivery;
  if (receiver === null) return;
  notifyHook(delivery, "trace", () => receiver.trace(link.endpoint.frame!));
}

/** The peer has read enough, so that the application may go on sending. Called in a turn, or after a write outside a turn. */
export function drained(binding: Flushable & { readonly delivery: Delivery }): void {
  const { delivery } = binding;
  const { receiver, link } = delivery;
  if (receiver === null || link.endpoint.state !== "open") return;
  notifyHook(delivery, "drain", () => receiver.drain());
  markDirty(binding); // messages may have waited for the hook to return
}
