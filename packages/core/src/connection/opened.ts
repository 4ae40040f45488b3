/** The opening handshake is done (RFC 6455 §4.1, "in an OPEN state"): from here on frames come, and other timers run. */
import type { ExtensionSession } from "../extension/extension.ts";
import type { Connection } from "./connection.ts";
import { deadlineAfter, NEVER } from "./deadline.ts";
import { createFrameWatch } from "./frame-watch.ts";
import { isQuickNow } from "./receiving-quick.ts";

export function openConnection(connection: Connection, session: ExtensionSession | null): void {
  const { settings, now } = connection;
  connection.session = session;
  connection.handshakeAt = NEVER;
  connection.lastReceived = now;
  connection.lifetimeAt = deadlineAfter(now, settings.timeouts.lifetime);
  // Offsets count from the first octet behind the peer's handshake.
  connection.origin = -connection.position;
  if (settings.framePrefix >= 0) connection.watch = createFrameWatch(settings.framePrefix);
  connection.isQuick = isQuickNow(connection);
}
