/** The facts about the end in a snapshot, of a connection that is closing and has not ended (RFC 6455 §7). */
import { CloseCode, isCloseCodeOnWire } from "../connection/close-code.ts";
import { MAX_REASON_BYTES } from "../connection/closing.ts";
import {
  CloseSent,
  type Connection,
  type EndingFacts,
  endingFacts,
} from "../connection/connection.ts";
import type { CloseFrame, TimeoutName } from "../connection/ended.ts";
import { type Violation, type WireViolation, wireViolation } from "../connection/violation.ts";
import {
  invalid,
  readByte,
  readFlag,
  readNatural,
  readOptional,
  readText,
  readWhole,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import {
  type SnapshotWriter,
  writeByte,
  writeFlag,
  writeNatural,
  writeOptional,
  writeText,
  writeWhole,
} from "./snapshot-writer.ts";
import { readViolationKind, writeViolationKind } from "./violation-kinds.ts";

/** The index is part of the format. */
const SIDES: readonly EndingFacts["firstClose"][] = [null, "local", "peer"];
const TIMEOUTS: readonly (TimeoutName | null)[] = [null, "idle", "pong", "lifetime", "close"];

export function writeEnding(writer: SnapshotWriter, ending: EndingFacts | null): void {
  writeOptional(writer, ending, (to, facts) => {
    writeOptional(to, facts.localClose, writeClose);
    writeFlag(to, facts.closeSent === CloseSent.Taken);
    writeOptional(to, facts.peerClose, writeClose);
    writeByte(to, SIDES.indexOf(facts.firstClose));
    writeOptional(to, facts.violation, writeViolation);
    writeFlag(to, facts.isViolationReported);
    writeFlag(to, facts.isCloseDelayed);
    writeByte(to, TIMEOUTS.indexOf(facts.timeout));
    writeFlag(to, facts.isEndOfStream);
  });
}

export function readEnding(reader: SnapshotReader, connection: Connection): void {
  if (!readFlag(reader, "the facts about the end")) return;
  const facts = endingFacts(connection);
  facts.localClose = readOptional(reader, "our Close", readClose);
  facts.closeSent = readFlag(reader, "our Close") ? CloseSent.Taken : CloseSent.No;
  facts.peerClose = readOptional(reader, "the peer's Close", readClose);
  facts.firstClose = SIDES[readByte(reader, "the first Close", SIDES.length - 1)]!;
  facts.violation = readOptional(reader, "the violation", readViolation);
  facts.isViolationReported = readFlag(reader, "the violation");
  facts.isCloseDelayed = readFlag(reader, "the delay of our Close");
  facts.timeout = TIMEOUTS[readByte(reader, "the timeout", TIMEOUTS.length - 1)]!;
  facts.isEndOfStream = readFlag(reader, "the end of the stream");
}

function writeClose(writer: SnapshotWriter, { code, reason }: CloseFrame): void {
  writeNatural(writer, code);
  writeText(writer, reason);
}

function readClose(reader: SnapshotReader): CloseFrame {
  const { at } = reader;
  const code = readNatural(reader, "a close code", 4_999);
  const reason = readText(reader, "a close reason", MAX_REASON_BYTES);
  const isBare = code === CloseCode.NoStatus && reason === "";
  if (!isBare && !isCloseCodeOnWire(code)) {
    throw invalid(at, `no Close frame has the code ${code} (RFC 6455 §7.4)`);
  }
  return { code, reason };
}

/** Section and close code follow from the kind. */
function writeViolation(writer: SnapshotWriter, { kind, offset }: Violation): void {
  // A violation of the opening handshake ends the connection, and so is in no snapshot.
  writeViolationKind(writer, kind as WireViolation);
  writeWhole(writer, offset);
}

function readViolation(reader: SnapshotReader): Violation {
  return wireViolation(readViolationKind(reader), readWhole(reader, "the offset of the violation"));
}
