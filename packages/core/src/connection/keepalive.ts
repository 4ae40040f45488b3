/**
 * The state of the pings and pongs of a connection (RFC 6455 §5.5.2, §5.5.3). The functions that change this state are in
 * `control`, `transmission` and `timers`.
 */
import { NEVER } from "./deadline.ts";

/** The record exists from our first ping on, or from the first pong that has to wait. */
export interface Keepalive {
  /** Pings that no pong has answered, oldest first; at most {@link MAX_AWAITED_PINGS}. */
  pings: SentPing[];
  /** Number of the last ping sent; the first is 1. */
  lastPing: number;
  /** How far the ping of the `pong` timer has come. */
  pingState: PingState;
  /** When the last ping was queued: the silence before the next ping counts from then. NEVER before the first ping. ms */
  pingedAt: number;
  /** When the `pong` timer fires; NEVER while no ping is out. ms */
  pongAt: number;
  /** Number of the ping of the `pong` timer, or of its last ping. */
  timedPing: number;
  /**
   * When a peer that reads at the least rate has read the ping of the `pong` timer (see `progress`). NEVER until the
   * transport took this ping. ms
   */
  pingReadBy: number;
  /** Bytes that the transport took since this ping, those of the same transmission included. */
  takenSincePing: number;
  /** Number of the ping that the last pong answered, 0 if none. */
  pongOf: number;
  /** Automatic pongs queued since the transport became busy. */
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
 * §5.5.3 allows an endpoint to answer only the most recent ping. The engine answers every ping, in order, until this many
 * pongs wait for a transport that takes no bytes. A peer that pings and never reads must not fill our memory.
 */
export const MAX_WAITING_PONGS = 64;

/**
 * The engine compares a pong with this many of our pings at most. Example: an application sends 20,000 pings, and the peer
 * answers none; without the bound, each foreign pong would be compared with all of them. The engine forgets the oldest
 * pings above the bound. A pong that answers a later ping answers the forgotten pings too, because §5.5.3 allows a peer to
 * answer only the most recent ping.
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
