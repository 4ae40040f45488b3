/**
 * The `error` event of the class `WebSocket`. The event of the standard does not say why a connection failed, because a page must
 * not learn this about a stranger's server. Node and Deno give the reason in `message` and `error`, and the standard does not
 * forbid these two properties.
 */
import { Event } from "../runtime/globals.ts";

/** A WebSocket failed: the class `WebSocket` fires it before `close`. */
export interface ErrorEvent extends Event {
  /** Why the connection failed, for people. */
  readonly message: string;
  /** The error itself, to branch on: a ConnectError or a ConnectionError. */
  readonly error: unknown;
}

/** A plain Event, as the standard has it, with two properties more. */
export function errorEvent(message: string, error: unknown): ErrorEvent {
  const event = new Event("error");
  Object.defineProperties(event, {
    message: { value: message, enumerable: true },
    error: { value: error, enumerable: true },
  });
  return event as ErrorEvent;
}
