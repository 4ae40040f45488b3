/**
 * Exceptions that pass through the engine. An extension throws them, or a function of the host, or a runtime without
 * memory. The host gets each exception unchanged. The exception may have interrupted any step, so the engine cannot read
 * on: the connection ends. The engine also gives back the memory that the thread shares, because the host may never pull
 * again.
 */
import { INTERNAL_ERROR, MESSAGE_TOO_BIG } from "./close-code.ts";
import { abort, close, endAfterLastWord } from "./closing.ts";
import type { Connection } from "./connection.ts";
import { discardInput } from "./input.ts";

/** @param isOpen the opening handshake is done, so the engine can send a Close. */
export function endAfterEscape(connection: Connection, error: unknown, isOpen: boolean): void {
  if (isOpen && sayClose(connection, error)) {
    endAfterLastWord(connection);
    discardInput(connection);
  } else {
    abort(connection);
  }
}

/**
 * Sends a Close with a code of §7.4.1. @returns false when the Close fails too: a client needs the host's `random` for its
 * masking key.
 */
function sayClose(connection: Connection, error: unknown): boolean {
  try {
    close(connection, closeCodeOf(error), "", connection.now);
    return true;
  } catch {
    return false;
  }
}

/** A runtime throws a RangeError for a string or a buffer that is larger than the runtime allows. */
function closeCodeOf(error: unknown): number {
  return isRangeError(error) ? MESSAGE_TOO_BIG : INTERNAL_ERROR;
}

function isRangeError(error: unknown): boolean {
  try {
    return (error as Error).name === "RangeError";
  } catch {
    return false; // null, or a getter that throws as well
  }
}
