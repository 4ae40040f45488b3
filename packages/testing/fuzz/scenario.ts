/**
 * A scenario: one endpoint, and everything that happens to it. A scenario is data, so it can be generated from a seed, shrunk,
 * printed, read back, and played on core and on the model side by side.
 */

/** The endpoint, and how its host behaves. */
export interface Setting {
  readonly role: "client" | "server";
  /** "open": behind a foreign handshake. */
  readonly from: "opening" | "open";
  /** Messages come in pieces. */
  readonly pieces: boolean;
  /** Every frame is watched, so the endpoint takes its plain path. The model knows no watch: the trace must not change. */
  readonly isWatched: boolean;
  /** The host reads into the inbox. */
  readonly usesInbox: boolean;
  /** permessage-deflate by stored blocks was agreed; only with `from: "open"`. */
  readonly isCompressed: boolean;
  /** The host sends every whole message back when it has pulled it. */
  readonly echoes: boolean;
  /** The host delays the Close that is due, until the act `release`. */
  readonly delaysClose: boolean;
  /** The decision of a server's host about a request; "later": the act `decide` brings it. */
  readonly decision: "accept" | "refuse" | "later";
  readonly isOriginFree: boolean;
  /** Limits and timeouts that are not the defaults. */
  readonly limits: Readonly<Record<string, number>>;
  readonly timeouts: Readonly<Record<string, number>>;
}

/** One event in the life of an endpoint. */
export type Act =
  /**
   * The peer says these bytes. The last `hold` bytes of what it has said stay on the way until it says more; the rest arrives
   * in chunks of `size`, 0 for all at once, a turn for each.
   */
  | {
      readonly kind: "say";
      readonly bytes: Uint8Array;
      readonly hold: number;
      readonly size: number;
    }
  /** The peer ends its stream. */
  | { readonly kind: "end" }
  /** The transport closes in both directions; "" for no error. */
  | { readonly kind: "lose"; readonly error: string }
  /** Time passes, and the host does nothing. ms */
  | { readonly kind: "wait"; readonly ms: number }
  /** The clock goes to the deadline, if there is one, and so many ms further. */
  | { readonly kind: "timeout"; readonly ms: number }
  /** `handleTimeout` now, too early perhaps. */
  | { readonly kind: "tick" }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** From now on the transport keeps what it is lent. */
  | { readonly kind: "slow" }
  /** From now on the transport takes everything at once. */
  | { readonly kind: "fast" }
  /** The transport takes so many bytes of what it keeps; 0 for all. */
  | { readonly kind: "take"; readonly bytes: number }
  /** The next turn stops after so many steps. */
  | { readonly kind: "stop"; readonly steps: number }
  | { readonly kind: "text"; readonly text: string; readonly compress: boolean }
  | { readonly kind: "binary"; readonly bytes: Uint8Array; readonly compress: boolean }
  | { readonly kind: "start"; readonly type: "text" | "binary" }
  | { readonly kind: "fragment"; readonly data: string | Uint8Array; readonly final: boolean }
  | { readonly kind: "ping"; readonly bytes: Uint8Array | null }
  | { readonly kind: "pong"; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "release" }
  | { readonly kind: "abort" }
  | { readonly kind: "decide"; readonly how: "accept" | "refuse" };

/** All of it. */
export interface Scenario {
  readonly setting: Setting;
  readonly acts: readonly Act[];
}

/** A plain endpoint, whose host does nothing special. */
export const PLAIN_SETTING: Setting = {
  role: "server",
  from: "open",
  pieces: false,
  isWatched: false,
  usesInbox: false,
  isCompressed: false,
  echoes: false,
  delaysClose: false,
  decision: "accept",
  isOriginFree: true,
  limits: {},
  timeouts: {},
};
