/** The rules that a peer can break on an open connection, as numbers of the snapshot format. */
import { CloseViolation, type WireViolation } from "../connection/violation.ts";
import { FrameViolation } from "../frame/frame-violation.ts";
import { MessageViolation } from "../message/message-violation.ts";
import { readByte, type SnapshotReader } from "./snapshot-reader.ts";
import { type SnapshotWriter, writeByte } from "./snapshot-writer.ts";

/** The index is part of the format: new kinds go to the end. */
const KINDS: readonly WireViolation[] = [
  FrameViolation.ReservedBitSet,
  FrameViolation.ReservedOpcode,
  FrameViolation.MaskMissing,
  FrameViolation.MaskUnexpected,
  FrameViolation.ControlFragmented,
  FrameViolation.ControlTooLong,
  FrameViolation.LengthNotMinimal,
  FrameViolation.LengthTopBitSet,
  FrameViolation.LengthUnsafe,
  FrameViolation.FrameTooLarge,
  MessageViolation.ContinuationUnexpected,
  MessageViolation.ContinuationMissing,
  MessageViolation.MessageTooLarge,
  MessageViolation.TooManyFragments,
  MessageViolation.TextNotUtf8,
  MessageViolation.TextTruncated,
  MessageViolation.ExtensionDataCorrupt,
  CloseViolation.CloseBodyOneByte,
  CloseViolation.CloseCodeInvalid,
  CloseViolation.CloseReasonNotUtf8,
];

export function writeViolationKind(writer: SnapshotWriter, kind: WireViolation): void {
  writeByte(writer, KINDS.indexOf(kind));
}

export function readViolationKind(reader: SnapshotReader): WireViolation {
  return KINDS[readByte(reader, "the violation", KINDS.length - 1)]!;
}
