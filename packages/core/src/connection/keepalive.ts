/** The pings and pongs of a connection as state (RFC 6455 §5.5.2, §5.5.3); `control` is what moves it. */
import { NEVER } from "./deadline.ts";

/** Exists from the first ping of ours, or from the first pong that has to wait. */
export interface Keepalive {
  /** Pings that no pong has answered, oldest first; at most {@link MAX_AWAITED_PINGS}. */
  pings: SentPing[];
  /** Number of the last ping sent; the first is 1. */
  lastPing: number;
  /** How far the ping that the `pong` timer is for has come. */
  pingState: PingState;
  /** When the silence that a ping would break began, as far as pings go; NEVER before the first. ms */
  pingedAt: number;
  /** When the peer must have been heard from; NEVER while no ping is out. ms */
  pongAt: number;
  /** Number of the ping that the `pong` timer is for, or was last. */
  timedPing: number;
  /** When a peer that reads at the least rate has read that ping, see `progress`; NEVER before it was taken. ms */
  pingReadBy: number;
  /** Bytes that the transport took since, those of the same transmission included. */
  takenSincePing: number;
  /** Number of the ping that the last pong answered, 0 if none. */
  pongOf: number;
  /** Automatic pongs queued since the transport is busy. */
  waitingPongs: number;
  /** The payload of the newest ping beyond {@link MAX_WAITING_PONGS}. */
  newestWaiting: Uint8Array | null;
}

export interface SentPing {
  readonly number: number;
  readonly payload: Uint8Array;
  readonly isAutomatic: boolean;
}

export const PingState = { None: 0, Queued: 1, Lent: 2, Taken: 3 } as const;
export type PingState = (typeof PingState)[keyof typeof PingState];

/**
 * §5.5.3 allows to answer only the most recent ping. We answer every one, in order, until this many wait for a
 * transport that takes nothing: a peer who pings and never reads must not fill our memory.
 */
export const MAX_WAITING_PONGS = 64;

/**
 * A pong is compared with this many pings of ours at most: whoever sends thousands, to a peer who answers none of them, must
 * not pay for all of them at every pong that answers nothing. Of more the oldest are forgotten, and answered with the first
 * that is not: §5.5.3 lets a peer answer only the most recent.
 */
export const MAX_AWAITED_PINGS = 64;

export function createKeepalive(): Keepalive {
  return {
    pings: [],
    lastPing: 0,
    pingState: PingState.None,
    pingedAt: NEVER,
    pongAt: NEVER,
    timedPing: 0,
    pingReadBy: NEVER,
    takenSincePing: 0,
    pongOf: 0,
    waitingPongs: 0,
    newestWaiting: null,
  };
}
