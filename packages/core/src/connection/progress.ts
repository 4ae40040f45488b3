/**
 * What the peer may not have read yet. A transport that has taken bytes says nothing about the peer: a kernel holds
 * megabytes, and tells of room only when a large part of its buffer is free again, a third on Linux. So the timers that
 * wait for an answer count what was given, as a leaking bucket does: the transport fills it, and it leaks at the least
 * rate that a peer is expected to read with. While it is not empty, a healthy peer may still be busy reading.
 *
 * A dead peer is found all the same: its transport soon takes nothing more, and the bucket holds so much and no more.
 */
import type { Connection } from "./connection.ts";
import { DEFAULT_TIMEOUTS } from "./settings.ts";

/** A peer is expected to read this much within `timeouts.close`: 26 KB/s with the default of 5 s. */
const STEADY_BYTES = 131_072;

/** The most that Linux holds of one connection for sending, unless it is told otherwise (`tcp_wmem`). */
const MOST_IN_TRANSIT = 4_194_304;

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
 * When a peer that reads at the least rate has read everything that the transport took, but for the last
 * {@link STEADY_BYTES}: those the timers allow for by themselves. 0 where there is no more than that. ms
 */
export function readBy(connection: Connection): number {
  const { inTransit, inTransitAt: at } = connection;
  if (inTransit <= STEADY_BYTES) return 0;
  return at + Math.floor(((inTransit - STEADY_BYTES) * steadyPeriod(connection)) / STEADY_BYTES);
}

/** The peer has read everything that the transport took, but perhaps for the last so many bytes. */
export function noteRead(connection: Connection, bytesLeft: number): void {
  const { now } = connection;
  connection.inTransit = Math.min(inTransitAt(connection, now), bytesLeft);
  connection.inTransitAt = now;
}
