/**
 * The reading half in a snapshot: unread input, the frame under way (RFC 6455 §5.2), the message under way (§5.4), and a
 * violation that takes effect at the next step.
 */
import {
  appendBytes,
  createGrowingBytes,
  type GrowingBytes,
  gatheredBytes,
} from "../bytes/growing-bytes.ts";
import { createMemory } from "../bytes/memory.ts";
import { LAST_UTF8_STATE, UTF8_ACCEPT } from "../bytes/utf8-validation.ts";
import { AT_HEADER, type Connection, type DeferredViolation } from "../connection/connection.ts";
import {
  FIN,
  MAX_CONTROL_PAYLOAD_BYTES,
  MAX_HEADER_BYTES,
  OPCODE_BITS,
  RSV_BITS,
} from "../frame/frame-header.ts";
import { isControl, isReserved, Opcode } from "../frame/opcode.ts";
import type { MessageAssembly } from "../message/message-assembly.ts";
import { SnapshotError } from "./snapshot-error.ts";
import {
  invalid,
  readByte,
  readBytes,
  readFlag,
  readNatural,
  readOptional,
  readWhole,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import {
  type SnapshotWriter,
  writeByte,
  writeBytes,
  writeFlag,
  writeNatural,
  writeOptional,
  writeRaw,
  writeWhole,
} from "./snapshot-writer.ts";
import { readViolationKind, writeViolationKind } from "./violation-kinds.ts";

// ---- unread input

/** Between the inbox, the caller's chunk and memory of the connection's own there is no difference to the reader. */
export function writeUnread(writer: SnapshotWriter, connection: Connection): void {
  const { carry, memory, rest, position, end, origin } = connection;
  writeWhole(writer, origin + position - (carry === null ? 0 : carry.length));
  writeFlag(writer, carry !== null);
  if (carry !== null) {
    writeBytes(writer, carry);
    return;
  }
  const inMemory = memory === null ? 0 : end - position;
  writeNatural(writer, inMemory + (rest === null ? 0 : rest.length));
  if (memory !== null) writeRaw(writer, memory.bytes.subarray(position, end));
  if (rest !== null) writeRaw(writer, rest);
}

export function readUnread(reader: SnapshotReader, connection: Connection): void {
  const offset = readWhole(reader, "the offset of the unread input");
  const isCarried = readFlag(reader, "the kind of the unread input");
  const unread = readBytes(
    reader,
    "the unread input",
    isCarried ? MAX_HEADER_BYTES - 1 : undefined,
  );
  if (isCarried) {
    connection.carry = unread.slice();
    connection.origin = offset + unread.length;
    return;
  }
  connection.origin = offset;
  if (unread.length === 0) return;
  connection.memory = createMemory(unread.length);
  connection.memory.bytes.set(unread);
  connection.end = unread.length;
}

// ---- the frame and the message under way

export function writeUnderWay(writer: SnapshotWriter, connection: Connection): void {
  writeOptional(writer, connection.message, writeMessage);
  writeFlag(writer, connection.frameLeft !== AT_HEADER);
  if (connection.frameLeft !== AT_HEADER) {
    writeByte(writer, connection.firstByte);
    writeNatural(writer, connection.frameLeft);
    writeNatural(writer, connection.maskingKey >>> 0);
    writeOptional(writer, connection.control, writeGathered);
  }
  writeOptional(writer, connection.deferred, writeDeferred);
}

export function readUnderWay(reader: SnapshotReader, connection: Connection): void {
  connection.message = readOptional(reader, "the message under way", (from) =>
    readMessage(from, connection),
  );
  if (readFlag(reader, "the frame under way")) readFrame(reader, connection);
  connection.deferred = readOptional(reader, "the violation that is due", readDeferred);
}

function writeGathered(writer: SnapshotWriter, gathered: GrowingBytes): void {
  writeBytes(writer, gatheredBytes(gathered));
}

function readGathered(reader: SnapshotReader, what: string, most: number): GrowingBytes {
  const bytes = readBytes(reader, what, most);
  const gathered = createGrowingBytes(bytes.length, bytes.length);
  appendBytes(gathered, bytes, 0, bytes.length, bytes.length);
  return gathered;
}

function readFrame(reader: SnapshotReader, connection: Connection): void {
  const { at } = reader;
  const firstByte = readByte(reader, "the first byte of the frame");
  const opcode = firstByte & OPCODE_BITS;
  const left = readNatural(reader, "the rest of the frame");
  if (isReserved(opcode)) throw invalid(at, `its frame has the reserved opcode ${opcode}`);
  connection.firstByte = firstByte;
  connection.frameLeft = left;
  connection.maskingKey = readNatural(reader, "the masking key", 0xffff_ffff) | 0;
  connection.control = readOptional(reader, "the control frame", (from) =>
    readGathered(from, "the control frame", MAX_CONTROL_PAYLOAD_BYTES),
  );
  if (isControl(opcode)) {
    const size = left + (connection.control === null ? 0 : connection.control.length);
    if ((firstByte & (FIN | RSV_BITS)) === FIN && size <= MAX_CONTROL_PAYLOAD_BYTES) return;
    throw invalid(at, "its control frame breaks RFC 6455 §5.5");
  }
  const { message, settings } = connection;
  if (message === null || connection.control !== null) {
    throw invalid(at, "its data frame belongs to no message");
  }
  const most = message.isExtended
    ? settings.limits.frame
    : settings.limits.message - message.length;
  if (left > most) {
    throw new SnapshotError(
      "limit",
      `the frame under way has ${left} bytes left, ${most} are allowed`,
      at,
    );
  }
}

function writeMessage(writer: SnapshotWriter, message: MessageAssembly): void {
  writeByte(writer, message.opcode);
  writeFlag(writer, message.isExtended);
  writeWhole(writer, message.startsAt);
  writeNatural(writer, message.length);
  writeNatural(writer, message.fragments);
  writeByte(writer, message.utf8State);
  writeOptional(writer, message.gathered, writeGathered);
}

function readMessage(reader: SnapshotReader, { settings, session }: Connection): MessageAssembly {
  const { at } = reader;
  const { limits, pieces, kernels } = settings;
  const opcode = readByte(reader, "the type of the message", Opcode.Binary);
  if (opcode === 0) throw invalid(at, "its message is neither text nor binary");
  const isExtended = readFlag(reader, "the message");
  if (isExtended && session === null) throw invalid(at, "its message needs an extension session");
  const startsAt = readWhole(reader, "the start of the message");
  const length = readNatural(reader, "the length of the message");
  const fragments = readNatural(reader, "the number of fragments");
  const utf8State = readByte(reader, "the state of the text", LAST_UTF8_STATE);
  const gathered = readOptional(reader, "the gathered bytes", (from) =>
    readGathered(from, "the gathered bytes", limits.message),
  );
  if (length > limits.message || fragments > limits.fragments) {
    throw new SnapshotError(
      "limit",
      `the message under way has ${length} bytes in ${fragments} fragments: limits.message is ${limits.message}, ` +
        `limits.fragments is ${limits.fragments}`,
      at,
    );
  }
  const held = gathered === null ? 0 : gathered.length;
  if (pieces ? held > 0 : held !== length) {
    throw invalid(at, `${held} of ${length} bytes of its message are there`);
  }
  // §8.1: the bytes were judged when they arrived, by another process. The application gets them as text.
  if (opcode === Opcode.Text && gathered !== null) {
    const { bytes, start } = gathered;
    const state = kernels.validateUtf8(bytes, start, start + gathered.length, UTF8_ACCEPT);
    if (state !== utf8State) throw invalid(at, "its text is not UTF-8");
  }
  return { opcode, isExtended, startsAt, length, fragments, utf8State, gathered };
}

function writeDeferred(writer: SnapshotWriter, { kind, offset }: DeferredViolation): void {
  writeViolationKind(writer, kind);
  writeWhole(writer, offset);
}

function readDeferred(reader: SnapshotReader): DeferredViolation {
  const kind = readViolationKind(reader);
  return { kind, offset: readWhole(reader, "the offset of the violation") };
}
