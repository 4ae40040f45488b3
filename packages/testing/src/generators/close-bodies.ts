/** Bodies of Close frames (RFC 6455 §5.5.1, §7.4), right and wrong. */
import fc from "fast-check";
import type { RuleName } from "../oracle/rules.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeText } from "../wire/text.ts";
import { invalidUtf8 } from "./utf8.ts";

const CLOSE_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

/** Bodies of a Close (RFC 6455 §5.5.1): none, or a valid code with a reason. */
export function closeBodies(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.constant(new Uint8Array(0)),
    fc
      .tuple(fc.constantFrom(...CLOSE_CODES), fc.string({ maxLength: 30 }))
      .map(([code, reason]) => bodyOf(code, encodeText(reason)))
      .filter(({ length }) => length <= 125),
  );
}

/** A code and the bytes of a reason. */
export function bodyOf(code: number, reason: Uint8Array): Uint8Array {
  return joinBytes([Uint8Array.of(code >> 8, code & 255), reason]);
}

/** The body of a Close that breaks a rule. */
export interface BrokenCloseBody {
  /** The rule. */
  readonly rule: RuleName;
  /** The body, 1 to 125 bytes. */
  readonly body: Uint8Array;
}

/** Codes that must not be on the wire (§7.4.1, §7.4.2). */
const WRONG_CODES = [1005, 1006, 1015, 999, 0, 1, 5000, 65_535];

/** One byte, a code that must not be on the wire, or a reason that is not UTF-8. */
export function brokenCloseBodies(): fc.Arbitrary<BrokenCloseBody> {
  const reason = fc.constantFrom("", "bye").map(encodeText);
  return fc.oneof(
    fc
      .nat({ max: 255 })
      .map(
        (byte): BrokenCloseBody => ({ rule: "close body of one byte", body: Uint8Array.of(byte) }),
      ),
    fc
      .tuple(fc.constantFrom(...WRONG_CODES), reason)
      .map(([code, bytes]): BrokenCloseBody => ({ rule: "close code", body: bodyOf(code, bytes) })),
    invalidUtf8().map(
      ({ bytes }): BrokenCloseBody => ({
        rule: "close reason not UTF-8",
        body: bodyOf(1000, bytes),
      }),
    ),
  );
}
