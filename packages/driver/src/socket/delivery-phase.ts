/** How far a connection's messages have come. */
export const DeliveryPhase = {
  Delivering: 0,
  /** During a shutdown: reading pauses, and the messages that have arrived are delivered and answered. */
  Retiring: 1,
  /** Messages that arrive now are dropped. */
  Stopped: 2,
  /** The `close` hook was called. A loop may still take the waiting messages. */
  Finished: 3,
} as const;
export type DeliveryPhase = (typeof DeliveryPhase)[keyof typeof DeliveryPhase];
