/** Accepting connections, where the driver asks the runtime for one connection after the other. */

import { setTimeout } from "../runtime/globals.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import type { Acceptor } from "./listening.ts";

/** Number of ms until the next try, after accepting has failed. A cause such as too many open files lasts for a while. */
const RETRY = 100;

/** A connection that a listener has just got. The server has not decided yet whether to take the connection. */
export interface Accepted {
  /** Connects a handler to the connection. */
  readonly open: OpenTransport;
  /** Drops a connection that the server does not take. */
  drop(): void;
}

/** A runtime that a listener asks for one connection after the other. */
export interface Accepting {
  /**
   * The next connection. Null when the connection has gone before the driver could look at it: the driver then asks again
   * without a pause.
   */
  next(): Promise<Accepted | null>;
  /** The listener is closed, so that {@link next} fails. */
  isClosed(): boolean;
}

/** Ends only when accepting is closed. Until then, each failure is reported, and accepting is tried again. */
export async function acceptAll(
  acceptor: Pick<Acceptor, "accept" | "acceptFailed">,
  accepting: Accepting,
): Promise<void> {
  for (;;) {
    let accepted: Accepted | null;
    try {
      accepted = await accepting.next();
    } catch (error) {
      if (accepting.isClosed()) return;
      acceptor.acceptFailed(error);
      // The wait uses no timer of the runtime, because the runtime's timers keep no process alive. A process that listens must
      // stay alive.
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY));
      continue;
    }
    if (accepted !== null && !acceptor.accept(accepted.open)) accepted.drop();
  }
}
