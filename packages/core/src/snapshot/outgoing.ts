/** The writing half in a snapshot: output that no transport has got, and the message that goes out in fragments (§5.4). */
import { commitOutput, type OutputQueue, reserveOutput } from "../bytes/output-queue.ts";
import { isHighSurrogate } from "../bytes/utf8-text.ts";
import { LAST_UTF8_STATE, UTF8_ACCEPT } from "../bytes/utf8-validation.ts";
import type { Connection } from "../connection/connection.ts";
import { Opcode } from "../frame/opcode.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
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
  writeFlag,
  writeNatural,
  writeOptional,
  writeRaw,
} from "./snapshot-writer.ts";

/** The queued bytes in one piece: their cuts into chunks mean nothing. */
export function writeOutput(writer: SnapshotWriter, queue: OutputQueue): void {
  writeNatural(writer, queue.queued);
  for (const chunk of queue.chunks ?? []) writeRaw(writer, chunk);
  if (queue.memory !== null) writeRaw(writer, queue.memory.bytes.subarray(queue.from, queue.to));
}

export function readOutput(reader: SnapshotReader, queue: OutputQueue): void {
  const bytes = readBytes(reader, "the queued output");
  if (bytes.length === 0) return;
  const memory = reserveOutput(queue, bytes.length);
  memory.bytes.set(bytes, queue.to);
  commitOutput(queue, bytes.length);
}

export function writeOutgoingMessage(
  writer: SnapshotWriter,
  outgoing: OutgoingMessage | null,
): void {
  writeOptional(writer, outgoing, (to, message) => {
    writeByte(to, message.opcode);
    writeFlag(to, message.isExtended);
    writeFlag(to, message.isFirst);
    writeByte(to, message.utf8State);
    const { pendingSurrogate } = message;
    writeNatural(to, pendingSurrogate === "" ? 0 : pendingSurrogate.charCodeAt(0));
  });
}

export function readOutgoingMessage(
  reader: SnapshotReader,
  { session }: Connection,
): OutgoingMessage | null {
  return readOptional(reader, "the outgoing message", (from) => {
    const { at } = from;
    const opcode = readByte(from, "the type of the outgoing message", Opcode.Binary);
    if (opcode === 0) throw invalid(at, "its outgoing message is neither text nor binary");
    const isExtended = readFlag(from, "the outgoing message");
    if (isExtended && session === null) {
      throw invalid(at, "its outgoing message needs an extension session");
    }
    const isFirst = readFlag(from, "the outgoing message");
    const utf8State = readByte(from, "the state of the outgoing text", LAST_UTF8_STATE);
    const surrogate = readNatural(from, "half of a surrogate pair", 0xffff);
    if (surrogate !== 0 && (!isHighSurrogate(surrogate) || utf8State !== UTF8_ACCEPT)) {
      throw invalid(at, `its outgoing text has ${surrogate} for half of a surrogate pair`);
    }
    const pendingSurrogate = surrogate === 0 ? "" : String.fromCharCode(surrogate);
    return { opcode, isExtended, isFirst, utf8State, pendingSurrogate };
  });
}
