/**
 * A violation is a value that says which rule of the RFC the peer broke. A violation never looks like the peer's Close, and
 * the engine never throws one. `describeViolation` in `@sansocket/core/describe` puts a violation into words.
 */
import type { FrameViolation } from "../frame/frame-violation.ts";
import type { HandshakeFaultKind } from "../handshake/handshake-fault.ts";
import type { MessageViolation } from "../message/message-violation.ts";
import type { CloseCode } from "./close-code.ts";

/** The rules that only a Close frame can break. */
export const CloseViolation = {
  /** RFC 6455 §5.5.1: a body begins with a two-byte code. */
  CloseBodyOneByte: "close-body-one-byte",
  /** §7.4: a code that must not be on the wire. */
  CloseCodeInvalid: "close-code-invalid",
  /** §5.5.1: the reason is UTF-8. */
  CloseReasonNotUtf8: "close-reason-not-utf8",
} as const;
export type CloseViolation = (typeof CloseViolation)[keyof typeof CloseViolation];

/** The faults of frames, messages and Closes: everything behind the opening handshake. */
export type WireViolation = FrameViolation | MessageViolation | CloseViolation;
/** Every fault that a peer can be found guilty of. */
export type ViolationKind = WireViolation | HandshakeFaultKind;

/** A rule that the peer broke, as a value: no input throws because of the peer. */
export interface Violation {
  /** The rule that the peer broke. */
  readonly kind: ViolationKind;
  /** The section that forbids it: of RFC 6455, or "RFC 9112 5.1" and the like. */
  readonly section: string;
  /** The code of the Close that answers it; 0 in the opening handshake, where there is no Close yet. */
  readonly closeCode: number;
  /** The HTTP status that answers it; 0 after the opening handshake, and 0 where the client judges. */
  readonly status: number;
  /**
   * The number of bytes before the byte that proves the violation. In the opening handshake the offset counts from the
   * first byte of the connection. Afterwards the offset counts from the first byte behind the peer's handshake. For text
   * that an extension transformed, the offset counts from the first byte of the transformed message. For data that an
   * extension cannot decode, the offset is that of the message's first frame. -1: no single byte is at fault.
   */
  readonly offset: number;
}

/** By kind: the section that forbids it, and the code of the Close that answers it. The only place where either is written. */
const Breaks: {
  readonly [K in WireViolation]: readonly [section: string, closeCode: CloseCode];
} = {
  "reserved-bit-set": ["5.2", 1002],
  "reserved-opcode": ["5.2", 1002],
  "mask-missing": ["5.1", 1002],
  "mask-unexpected": ["5.1", 1002],
  "control-fragmented": ["5.5", 1002],
  "control-too-long": ["5.5", 1002],
  "length-not-minimal": ["5.2", 1002],
  "length-top-bit-set": ["5.2", 1002],
  "length-unsafe": ["10.4", 1009],
  "frame-too-large": ["10.4", 1009],
  "continuation-unexpected": ["5.4", 1002],
  "continuation-missing": ["5.4", 1002],
  "message-too-large": ["10.4", 1009],
  "too-many-fragments": ["10.4", 1008],
  "text-not-utf8": ["8.1", 1007],
  "text-truncated": ["8.1", 1007],
  "extension-data-corrupt": ["9", 1007],
  "close-body-one-byte": ["5.5.1", 1002],
  "close-code-invalid": ["7.4", 1002],
  "close-reason-not-utf8": ["5.5.1", 1007],
};

export function wireViolation(kind: WireViolation, offset: number): Violation {
  const [section, closeCode] = Breaks[kind];
  return { kind, section, closeCode, status: 0, offset };
}
