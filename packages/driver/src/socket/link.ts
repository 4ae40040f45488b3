/**
 * One connection, as the rooms of this folder know it: the engine, the transport, the clock of the turn, and how the connection
 * ended. The turn (`binding`) is what implements it; the rooms below see no more of the turn than this.
 */
import type { Endpoint } from "@sansocket/core";
import type { ConnectionError } from "../errors.ts";
import type { Transport } from "../runtime/transport.ts";
import type { Behaviour } from "./behaviour.ts";
import type { CloseInfo } from "./close-info.ts";

export interface Link {
  readonly behaviour: Behaviour;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  /** The time of the current turn, ms. */
  readonly now: number;
  /** How the connection ended; null before. */
  readonly info: CloseInfo | null;
  /** Why we ended the connection; null while we did not. */
  readonly failure: ConnectionError | null;
  /** How often something was thrown in a turn that no hook has thrown. */
  escapes: number;

  /** Brings `now` up to date, for a command from outside of a turn. @returns `now`. */
  tick(): number;
  /** Runs a turn, after something was done to the endpoint. Inside of a turn it only asks for more of the same turn. */
  turn(): void;
  /** Something was queued: it leaves at the end of the turn, or in a microtask outside of one. */
  queued(): void;
  /** Ends the connection with a Close, for a reason of our own, which the `error` hook hears. */
  fail(error: ConnectionError, code: number, reason: string): void;
}
