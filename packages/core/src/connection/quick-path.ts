/**
 * The condition of the fast path of receiving (`receiving-quick`), and a part of that of an echo (`sending-quick`). Only the two
 * functions of this file write `isQuick`: each change of what the condition depends on calls one of them.
 */
import { AT_HEADER, type Connection, Reading } from "./connection.ts";

/** The longest payload of the fast path. No limit at or above this number has to be compared there. */
const QUICK_BYTES = 65_535;

/** Enters the fast path if the next frame may be a whole message and nothing is under way that such a message changes. */
export function enterQuickPath(connection: Connection): void {
  const { limits, pieces } = connection.settings;
  connection.isQuick =
    connection.reading === Reading.Frames &&
    connection.frameLeft === AT_HEADER &&
    connection.message === null &&
    connection.eventBytes === null &&
    connection.session === null &&
    connection.watch === null &&
    !pieces &&
    limits.message >= QUICK_BYTES &&
    limits.frame >= QUICK_BYTES;
}

/** Something is under way that only the plain path knows about. */
export function leaveQuickPath(connection: Connection): void {
  connection.isQuick = false;
}
