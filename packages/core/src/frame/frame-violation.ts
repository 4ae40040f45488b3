/**
 * The rules that a single frame can break. The table in `connection/violation.ts` has the section and the close code of
 * each.
 */
export const FrameViolation = {
  /** §5.2: RSV1, RSV2 or RSV3 is set and no negotiated extension gives it a meaning here. */
  ReservedBitSet: "reserved-bit-set",
  /** §5.2: opcodes 0x3 to 0x7 and 0xb to 0xf. */
  ReservedOpcode: "reserved-opcode",
  /** §5.1: a client masks every frame. */
  MaskMissing: "mask-missing",
  /** §5.1: a server masks none. */
  MaskUnexpected: "mask-unexpected",
  /** §5.5: a control frame is never fragmented. */
  ControlFragmented: "control-fragmented",
  /** §5.5: a control frame carries at most 125 bytes. */
  ControlTooLong: "control-too-long",
  /** §5.2: the length must use as few bytes as possible. */
  LengthNotMinimal: "length-not-minimal",
  /** §5.2: the most significant bit of a 64-bit length must be 0. */
  LengthTopBitSet: "length-top-bit-set",
  /** A length above 2^53 - 1 bytes, which no limit allows. */
  LengthUnsafe: "length-unsafe",
  /** §10.4: `limits.frame`. */
  FrameTooLarge: "frame-too-large",
} as const;
export type FrameViolation = (typeof FrameViolation)[keyof typeof FrameViolation];
