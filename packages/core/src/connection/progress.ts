/**
 * The bytes that the peer may not have read yet. A transport that takes bytes proves nothing about the peer: a kernel holds
 * megabytes, and reports room only when a large part of its buffer is free again, a third on Linux. So the timers that wait
 * for an answer use a leaking bucket. The bytes that the transport takes fill the bucket. The bucket leaks at the least
 * rate at which a peer is expected to read. While the bucket is not empty, a healthy peer may still be reading.
 *
 * The timers still find a dead peer: its transport soon takes no more bytes, and the bucket has a highest level.
 */
import type { Connection } from "./connection.ts";
import { DEFAULT_TIMEOUTS } from "./settings.ts";

/** A peer is expected to read this much within `timeouts.close`: 26 KB/s with the default of 5 s. */
const STEADY_BYTES = 131_072;

/** The most bytes that Linux holds for sending on one connection, by default (`tcp_wmem`). */
export const MOST_IN_TRANSIT = 4_194_304;

function steadyPeriod(connection: Connection): number {
  const { close } = connection.settings.timeouts;
  return close === 0 ? DEFAULT_TIMEOUTS.close : close;
}

/** The transport has taken that many bytes more. */
export function noteTaken(connection: Connection, byteCount: number, now: number): void {
  connection.inTransit = Math.min(inTransitAt(connection, now) + byteCount, MOST_IN_TRANSIT);
  connection.inTransitAt = now;
  const { keepalive } = connection;
  if (keepalive === null) return;
  keepalive.takenSincePing = Math.min(keepalive.takenSincePing + byteCount, MOST_IN_TRANSIT);
}

function inTransitAt(connection: Connection, now: number): number {
  const elapsed = now - connection.inTransitAt;
  if (elapsed === 0 || connection.inTransit === 0) return connection.inTransit;
  const leaked = Math.floor((elapsed * STEADY_BYTES) / steadyPeriod(connection));
  return Math.max(0, connection.inTransit - leaked);
}

/**
 * When a peer that reads at the least rate has read all bytes that the transport took, except the last
 * {@link STEADY_BYTES}: the timers allow for these bytes by themselves. 0 when the transport took no more than those. ms
 */
export function readBy(connection: Connection): number {
  const { inTransit, inTransitAt: at } = connection;
  if (inTransit <= STEADY_BYTES) return 0;
  return at + Math.floor(((inTransit - STEADY_BYTES) * steadyPeriod(connection)) / STEADY_BYTES);
}

/** The peer has read all bytes that the transport took, except at most the last `bytesLeft`. */
export function noteRead(connection: Connection, bytesLeft: number): void {
  const { now } = connection;
  connection.inTransit = Math.min(inTransitAt(connection, now), bytesLeft);
  connection.inTransitAt = now;
}
