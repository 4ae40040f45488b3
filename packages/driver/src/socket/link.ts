/**
 * One connection, as the other files of this folder know it: the engine, the transport, the clock of the turn, and how the
 * connection ended. The turn (`binding`) implements this interface. The other files see no other part of the turn.
 */
import type { Endpoint } from "@sansocket/core";
import type { ConnectionError } from "../errors.ts";
import type { LongRun } from "../runtime/long-run.ts";
import type { Transport } from "../runtime/transport.ts";
import type { Behaviour } from "./behaviour.ts";
import type { CloseInfo } from "./close-info.ts";

export interface Link {
  readonly behaviour: Behaviour;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  /** Counts work that goes on at once, without the event loop. */
  readonly longRun: LongRun;
  /** The time of the current turn, ms. */
  readonly now: number;
  /** How the connection ended; null before. */
  readonly info: CloseInfo | null;
  /** The reason for which we ended the connection; null while we have not ended the connection. */
  readonly failure: ConnectionError | null;
  /** Reading from the transport is paused: see `reading-gate`. */
  isReadingHeld: boolean;
  /** The engine keeps input, because too many messages wait: see `pull-gate`. */
  readonly isPullStopped: boolean;

  /** Brings `now` up to date, for a command from outside a turn. @returns `now`. */
  tick(): number;
  /** Runs a turn, after a command has changed the endpoint. Inside a turn, the call only makes the same turn go on. */
  turn(): void;
  /** Bytes were queued. The bytes leave at the end of the turn; outside a turn, the bytes leave in a microtask. */
  queued(): void;
  /** Ends the connection with a Close, for a reason of our own. The `error` hook gets the reason. */
  fail(error: ConnectionError, code: number, reason: string): void;
}
