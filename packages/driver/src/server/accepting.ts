/** Accepting, where a runtime is asked for one connection after the other. */

import { setTimeout } from "../runtime/globals.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import type { Acceptor } from "./listening.ts";

/** ms until the next try, after accepting has failed: too many open files stay so for a while. */
const RETRY = 100;

/** A connection that a listener has just got, before the server has decided to take it. */
export interface Accepted {
  /** Connects a handler to the connection. */
  readonly open: OpenTransport;
  /** For one that the server does not take. */
  drop(): void;
}

/** A runtime that a listener asks for one connection after the other. */
export interface Accepting {
  /** The next connection; null when it has gone before anybody could look at it, which is no reason to pause. */
  next(): Promise<Accepted | null>;
  /** Nobody listens any more, and {@link next} fails for that. */
  isClosed(): boolean;
}

/** Ends when accepting is closed, and not before: what fails is reported, and tried again. */
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
      // Not by the runtime's timers, which keep no process alive: one that listens shall stay.
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY));
      continue;
    }
    if (accepted !== null && !acceptor.accept(accepted.open)) accepted.drop();
  }
}
