/** The rules that the header of a frame can break (RFC 6455 §5.1, §5.2, §5.4, §5.5), as far as the header has arrived. */
import type { ReadFrame } from "../wire/frame-reader.ts";
import type { RuleName } from "./rules.ts";

/** The state before the frame. */
export interface HeaderTerms {
  readonly role: "client" | "server";
  /** A message is under way. */
  readonly isUnderWay: boolean;
  /** Bytes of that message so far. */
  readonly taken: number;
  readonly messageLimit: number | undefined;
}

/** A rule that the header breaks. */
export interface HeaderFault {
  readonly rule: RuleName;
  /** The offset in the stream. */
  readonly offset: number;
  /** Enough of the header has arrived for an endpoint that judges early. */
  readonly isSeen: boolean;
  /** The payload can never arrive whole, so that the end of the frame is nothing to wait for. */
  readonly isFinal: boolean;
}

/** All that is wrong with a header. An endpoint may find any of them first. */
export function headerFaults(frame: ReadFrame, terms: HeaderTerms): HeaderFault[] {
  const { start, fin, rsv, opcode, isMasked, lengthBytes, length } = frame;
  const faults: HeaderFault[] = [];
  const add = (rule: RuleName, at: number, isSeen: boolean, isFinal = false): void => {
    faults.push({ rule, offset: start + at, isSeen, isFinal });
  };
  // An endpoint that judges early has read two bytes: there is no header of one.
  const hasTwo = isMasked !== null;
  const isControl = opcode >= 8;
  if (rsv !== 0) add("reserved bit", 0, hasTwo);
  if ((opcode > 2 && opcode < 8) || opcode > 10) add("reserved opcode", 0, hasTwo);
  if (isControl && !fin) add("fragmented control frame", 0, hasTwo);
  if (isMasked === false && terms.role === "server") add("missing mask", 1, true);
  if (isMasked === true && terms.role === "client") add("unwanted mask", 1, true);
  if (isControl && hasTwo && lengthBytes !== 0) add("long control frame", 1, true);
  if (opcode === 0 && !terms.isUnderWay) add("stray continuation", 0, hasTwo);
  if ((opcode === 1 || opcode === 2) && terms.isUnderWay) add("interleaved message", 0, hasTwo);
  if (length !== null && lengthBytes !== null && lengthBytes > 0) {
    if (length < (lengthBytes === 2 ? 126 : 65_536)) add("length not minimal", 2, true);
    if (length >= 2 ** 63) add("length with top bit", 2, true, true);
  }
  const { messageLimit = Number.POSITIVE_INFINITY } = terms;
  if (!isControl && length !== null && terms.taken + length > messageLimit) {
    add("message too big", 1, true);
  }
  return faults;
}
