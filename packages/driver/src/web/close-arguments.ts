/** "Validate close code and reason" (websockets.spec.whatwg.org): what applications may close with. */

import { utf8Length } from "@sansocket/core";
import { DOMException } from "../runtime/globals.ts";

/** RFC 6455 §5.5: a control frame carries at most 125 bytes, two of them the code. */
const LONGEST_REASON = 123;
const NORMAL_CLOSURE = 1000;
/** RFC 6455 §7.4.1: never on the wire; the driver's word for a Close without a body. */
const NO_STATUS = 1005;

/**
 * @param code null when there is none.
 * @returns the code, 1000 for a reason without one, null for neither.
 * @throws DOMException
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

/** The arguments of the driver's `close`. */
export function driverCloseCode(code: number | null): number {
  return code ?? NO_STATUS;
}
