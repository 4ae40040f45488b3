/** "Validate close code and reason" (websockets.spec.whatwg.org): the codes and reasons with which applications may close. */

import { utf8Length } from "@sansocket/core";
import { DOMException } from "../runtime/globals.ts";

/** RFC 6455 §5.5: a control frame carries at most 125 bytes, two of them the code. */
const LONGEST_REASON = 123;
const NORMAL_CLOSURE = 1000;
/** RFC 6455 §7.4.1: this code is never on the wire. The driver takes the code as the word for a Close without a body. */
const NO_STATUS = 1005;

/**
 * @param code null when the application gives no code.
 * @returns the code; 1000 for a reason without a code; null without both.
 * @throws DOMException for a code or a reason with which an application may not close.
 */
export function checkedCloseCode(code: number | null, reason: string): number | null {
  if (code !== null && code !== NORMAL_CLOSURE && (code < 3000 || code > 4999)) {
    throw new DOMException(
      `the close code is ${code}: give 1000 or 3000 to 4999`,
      "InvalidAccessError",
    );
  }
  if (utf8Length(reason) > LONGEST_REASON) {
    throw new DOMException(
      `the close reason takes more than ${LONGEST_REASON} bytes as UTF-8`,
      "SyntaxError",
    );
  }
  return code === null && reason !== "" ? NORMAL_CLOSURE : code;
}

/** The code as the driver's `close` takes it. */
export function driverCloseCode(code: number | null): number {
  return code ?? NO_STATUS;
}
