/**
 * The `error` event of the class. The standard's says nothing of why, since a page must not learn it of a stranger's server.
 * Node and Deno say it, in `message` and `error`, which the standard does not forbid.
 */
import { Event } from "../runtime/globals.ts";

/** A WebSocket failed: the class `WebSocket` fires it before `close`. */
export interface ErrorEvent extends Event {
  /** Why the connection failed, for people. */
  readonly message: string;
  /** The same to branch on: a ConnectError or a ConnectionError. */
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
