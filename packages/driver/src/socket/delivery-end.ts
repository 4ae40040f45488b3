/**
 * The facts that the delivery keeps while a connection ends, or is to end. An open connection has no such record: five fields
 * less are 40 bytes of an idle connection, and 48 bytes on Bun.
 */
import type { LastWord } from "./last-word.ts";
import type { Retiring } from "./retiring.ts";

export interface DeliveryEnd {
  /** Messages that arrived and were dropped. */
  dropped: number;
  /** Null until our Close may have to wait. */
  lastWord: LastWord | null;
  /** The time since which a connection that closes reads no more, because the mailbox is full, ms; null while it reads. */
  fullSince: number | null;
  /** Since when the end of the input is known, and stands behind messages that find no room, ms; null before. */
  restSince: number | null;
  /** Null until a shutdown or a hand-off waits for the last answer. */
  retiring: Retiring | null;
  /**
   * After the end of the connection the application has not gone on for too long: the `close` hook waits no longer for the
   * application.
   */
  isGivenUp: boolean;
}

export function deliveryEnd(): DeliveryEnd {
  return {
    dropped: 0,
    lastWord: null,
    fullSince: null,
    restSince: null,
    retiring: null,
    isGivenUp: false,
  };
}
