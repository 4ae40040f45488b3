/** The option `frames` in a snapshot: the incoming frame that is not complete, and the count of bytes sent. */
import type { Connection } from "../connection/connection.ts";
import {
  createFrameWatch,
  type FrameWatch,
  type IncomingFrame,
  watchIncomingHeader,
  watchIncomingPayload,
} from "../connection/frame-watch.ts";
import { Step } from "../connection/step.ts";
import { SnapshotError } from "./snapshot-error.ts";
import {
  invalid,
  readByte,
  readBytes,
  readFlag,
  readNatural,
  readOptional,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import {
  type SnapshotWriter,
  writeByte,
  writeBytes,
  writeFlag,
  writeNatural,
  writeOptional,
} from "./snapshot-writer.ts";

/** @throws SnapshotError "watch" while frames wait that the host has not pulled. */
export function writeWatch(writer: SnapshotWriter, watch: FrameWatch | null): void {
  writeFlag(writer, watch !== null);
  if (watch === null) return;
  if (watch.held !== Step.Idle || watch.next < watch.queue.length) {
    throw new SnapshotError(
      "watch",
      "the connection cannot move now: frames wait to be reported. Pull until Step.Idle first",
    );
  }
  writeNatural(writer, watch.sentBytes);
  writeOptional(writer, watch.incoming, writeIncoming);
}

function writeIncoming(writer: SnapshotWriter, incoming: IncomingFrame): void {
  writeByte(writer, incoming.firstByte);
  writeFlag(writer, incoming.isMasked);
  writeNatural(writer, incoming.maskingKey >>> 0);
  writeNatural(writer, incoming.payloadLength);
  writeNatural(writer, incoming.offset);
  writeBytes(writer, incoming.payload, 0, incoming.arrived);
}

/** @throws SnapshotError "settings" when only one side has the option `frames`. */
export function readWatch(reader: SnapshotReader, { settings }: Connection): FrameWatch | null {
  const isWatched = readFlag(reader, "the option frames");
  if (isWatched !== (settings.frames !== null)) {
    throw new SnapshotError(
      "settings",
      `the connection was made ${isWatched ? "with" : "without"} the option frames: restore it so, too`,
    );
  }
  if (!isWatched) return null;
  const watch = createFrameWatch(settings.frames!.payloadPrefix);
  watch.sentBytes = readNatural(reader, "the bytes of the frames sent");
  readOptional(reader, "the incoming frame", (from) => readIncoming(from, watch));
  return watch;
}

function readIncoming(reader: SnapshotReader, watch: FrameWatch): void {
  const firstByte = readByte(reader, "the first byte of the incoming frame");
  const isMasked = readFlag(reader, "the mask of the incoming frame");
  const maskingKey = readNatural(reader, "its masking key", 0xffff_ffff) | 0;
  const payloadLength = readNatural(reader, "the length of the incoming frame");
  const offset = readNatural(reader, "the offset of the incoming frame");
  const { at } = reader;
  const payload = readBytes(reader, "the payload of the incoming frame");
  if (payload.length > payloadLength) throw invalid(at, "its incoming frame is too long");
  watchIncomingHeader(watch, firstByte, isMasked, maskingKey, payloadLength, offset);
  watchIncomingPayload(watch, payload, 0, payload.length);
}
