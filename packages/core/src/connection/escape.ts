/**
 * Exceptions that pass through the engine: of an extension, of the host's functions, of a runtime without memory. The host
 * hears of them as they are. But nobody knows in the middle of what they came, and nothing may be read on from there: the
 * connection ends, and what the thread shares is given back, because a host may never pull again.
 */
import { CloseCode } from "./close-code.ts";
import { abort, close, endAfterLastWord } from "./closing.ts";
import type { Connection } from "./connection.ts";
import { discardInput } from "./input.ts";

/** @param isOpen a Close can be said: the opening handshake is done. */
export function endAfterEscape(connection: Connection, error: unknown, isOpen: boolean): void {
  if (isOpen && sayClose(connection, error)) {
    endAfterLastWord(connection);
    discardInput(connection);
  } else {
    abort(connection);
  }
}

/** §7.4.1. @returns false when that fails too: it takes the host's source of masking keys, for one. */
function sayClose(connection: Connection, error: unknown): boolean {
  try {
    close(connection, closeCodeOf(error), "", connection.now);
    return true;
  } catch {
    return false;
  }
}

/** A RangeError is how a runtime says that a string or a buffer would be larger than it can make one. */
function closeCodeOf(error: unknown): number {
  return isRangeError(error) ? CloseCode.MessageTooBig : CloseCode.InternalError;
}

function isRangeError(error: unknown): boolean {
  try {
    return (error as Error).name === "RangeError";
  } catch {
    return false; // null, or a getter that throws as well
  }
}
