/**
 * A connection that moves: the state of an endpoint as bytes, and an endpoint from such bytes, perhaps in another process.
 * docs/hand-off.md has the format byte by byte.
 *
 * @module
 */

import { crc32 } from "../bytes/crc32.ts";
import { requireObject } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  type Connection,
  createConnection,
  InputEnd,
  isSendable,
  Phase,
  Reading,
  Writing,
} from "../connection/connection.ts";
import { checkedTime } from "../connection/deadline.ts";
import { enterQuickPath } from "../connection/quick-path.ts";
import { CLIENT, SERVER } from "../connection/role.ts";
import {
  type ConnectionOptions,
  connectionSettings,
  type Settings,
} from "../connection/settings.ts";
import { continueFrom, type Halves } from "../connection/transitions.ts";
import { Endpoint } from "../endpoint/endpoint.ts";
import { disposeOf } from "../extension/extension.ts";
import { readAgreed, readSession, writeAgreed, writeSession } from "./agreed-terms.ts";
import { readEnding, writeEnding } from "./ending.ts";
import { readUnderWay, readUnread, writeUnderWay, writeUnread } from "./incoming.ts";
import { readOutgoingMessage, readOutput, writeOutgoingMessage, writeOutput } from "./outgoing.ts";
import { SnapshotError } from "./snapshot-error.ts";
import { invalid, readByte, readFlag, type SnapshotReader } from "./snapshot-reader.ts";
import {
  createSnapshotWriter,
  finishSnapshot,
  type SnapshotWriter,
  writeByte,
  writeFlag,
  writeRaw,
} from "./snapshot-writer.ts";
import { readTimers, writeTimers } from "./timers.ts";
import { readWatch, writeWatch } from "./watched-frames.ts";

export { SnapshotError, type SnapshotFault } from "./snapshot-error.ts";

/** "SSNP" in ASCII. */
const MAGIC: readonly number[] = [0x53, 0x53, 0x4e, 0x50];
/** Each change of the format has a new number. */
const VERSION = 1;
const SUM_BYTES = 4;

/**
 * The whole state of an open connection as bytes: the agreed terms, the frame and the message under way, input that is not
 * read, output that no transport has got, timers as remaining ms, pings, and how far the closing handshake has come. The
 * call changes nothing: the endpoint can go on. The facts of the step that the cursor stands on are not in the snapshot,
 * because the host has seen that step.
 *
 * A snapshot contains payload in the clear: protect it as you protect the messages.
 * @param now the time from which the timers count, as for the inputs of `endpoint`. ms
 * @returns bytes that belong to the caller.
 * @throws SnapshotError for a connection that cannot move, or not now: see `SnapshotFault`.
 */
export function snapshotEndpoint(endpoint: Endpoint, now: number): Uint8Array<ArrayBuffer> {
  if (!(endpoint instanceof Endpoint)) {
    throw new MisuseError("snapshotEndpoint takes an Endpoint of the same copy of sansocket");
  }
  const connection = endpoint["connection"];
  requireMovable(connection);
  const writer = createSnapshotWriter(checkedTime(now, connection.now));
  writeRaw(writer, Uint8Array.from(MAGIC));
  writeByte(writer, VERSION);
  writeByte(writer, connection.role === CLIENT ? 1 : 0);
  writeFlag(writer, connection.settings.pieces);
  writeHalves(writer, connection);
  writeSession(writer, connection.session);
  writeUnread(writer, connection);
  writeUnderWay(writer, connection);
  writeOutput(writer, connection.output);
  // No fragment follows our Close (RFC 6455 §5.5.1).
  writeOutgoingMessage(writer, isSendable(connection) ? connection.outgoing : null);
  writeTimers(writer, connection);
  writeEnding(writer, connection.ending);
  writeWatch(writer, connection.watch);
  return finishSnapshot(writer);
}

/** @throws SnapshotError */
function requireMovable(connection: Connection): void {
  const { ending, inputEnd, output, phase, writing } = connection;
  if (ending?.ended || inputEnd === InputEnd.TransportClosed) {
    throw new SnapshotError("ended", "the connection cannot move: it has ended");
  }
  if (phase === Phase.Opening) {
    throw new SnapshotError(
      "opening",
      "the connection cannot move now: the opening handshake is not done. Wait for Step.Open",
    );
  }
  if (output.lent > 0 || writing === Writing.EndLent) {
    throw new SnapshotError(
      "transmission",
      `the connection cannot move now: the transport has ${output.lent - output.lentTaken} bytes that it has not ` +
        "taken. Wait until sent() is due",
    );
  }
}

/**
 * Makes an endpoint that goes on where {@link snapshotEndpoint} found another one. Its first input is the byte behind the
 * last one that the other endpoint received.
 * @param snapshot any bytes: they are checked, and copied where they stay. The endpoint holds at most twice their number.
 * @param options as for `openEndpoint`. `pieces`, the presence of `frames`, and the agreed extensions must be those of the
 * old endpoint. Limits and timeouts may be others: a timer that runs keeps its end.
 * @param now the time of the new endpoint's clock, ms. The time between snapshot and restore does not count for its timers.
 * @throws SnapshotError for bytes that are no snapshot, and for settings that do not fit.
 * @throws MisuseError for wrong options.
 */
export function restoreEndpoint(
  snapshot: Uint8Array,
  options: ConnectionOptions | Settings,
  now: number,
): Endpoint {
  if (!isBytes(snapshot)) throw new MisuseError("restoreEndpoint takes a Uint8Array");
  requireObject("options", options);
  const settings = connectionSettings(options);
  const time = checkedTime(now, 0);
  const reader = openSnapshot(snapshot, time);
  const role = readByte(reader, "the role", 1) === 1 ? CLIENT : SERVER;
  if (readFlag(reader, "the option pieces") !== settings.pieces) {
    throw new SnapshotError(
      "settings",
      `the connection was made with the option pieces ${!settings.pieces}: restore it so, too`,
    );
  }
  const connection = createConnection(role, settings, time);
  try {
    readState(reader, connection);
  } catch (error) {
    disposeOf(connection.session);
    throw error;
  }
  enterQuickPath(connection);
  return new Endpoint(connection, null, null);
}

/** Checks the frame of the format: magic, version, check sum. */
function openSnapshot(snapshot: Uint8Array, now: number): SnapshotReader {
  const headBytes = MAGIC.length + 1;
  const end = snapshot.length - SUM_BYTES;
  if (end < headBytes || MAGIC.some((byte, index) => snapshot[index] !== byte)) {
    throw new SnapshotError("damaged", "the bytes are no snapshot of an endpoint", 0);
  }
  const version = snapshot[MAGIC.length]!;
  if (version !== VERSION) {
    throw new SnapshotError(
      "version",
      `the snapshot has version ${version} of the format, and this program reads version ${VERSION}`,
      MAGIC.length,
    );
  }
  let sum = 0;
  for (let at = end; at < snapshot.length; at += 1) sum = sum * 256 + snapshot[at]!;
  if (sum !== crc32(snapshot, 0, end)) {
    throw new SnapshotError("damaged", "the snapshot was damaged: its check sum is wrong", end);
  }
  return { bytes: snapshot, at: headBytes, end, now };
}

function readState(reader: SnapshotReader, connection: Connection): void {
  const halvesAt = reader.at;
  const halves = readHalves(reader);
  continueFrom(connection, halves);
  connection.session = readSession(reader, halves.agreed, connection);
  readUnread(reader, connection);
  readUnderWay(reader, connection);
  readOutput(reader, connection.output);
  connection.outgoing = readOutgoingMessage(reader, connection);
  readTimers(reader, connection);
  readEnding(reader, connection);
  connection.watch = readWatch(reader, connection);
  if (reader.at !== reader.end) throw invalid(reader.at, "bytes follow its last field");
  requireSound(connection, halvesAt);
}

function writeHalves(writer: SnapshotWriter, connection: Connection): void {
  writeAgreed(writer, connection.agreed);
  writeByte(writer, connection.phase);
  writeByte(writer, connection.reading);
  writeByte(writer, connection.writing);
  writeFlag(writer, connection.inputEnd === InputEnd.EndOfStream);
}

function readHalves(reader: SnapshotReader): Halves {
  const agreed = readAgreed(reader);
  const { at } = reader;
  const phase = readByte(reader, "the phase", Phase.Open) as Phase;
  if (phase === Phase.Opening) throw invalid(at, "its opening handshake is not done");
  const reading = readByte(reader, "the reading half", Reading.Finished) as Reading;
  const writing = readByte(reader, "the writing half", Writing.Finished) as Writing;
  const isEndOfStream = readFlag(reader, "the end of the stream");
  const inputEnd = isEndOfStream ? InputEnd.EndOfStream : InputEnd.Unknown;
  return { phase, agreed, reading, writing, inputEnd };
}

/** The relations between fields that the functions of the connection rely on. */
function requireSound(connection: Connection, at: number): void {
  const { ending, reading, writing } = connection;
  if (reading !== Reading.Frames && (connection.frameLeft >= 0 || connection.message !== null)) {
    throw invalid(at, "it reads no more, and has a message under way");
  }
  if (reading !== Reading.Frames && !isSendable(connection) && connection.session !== null) {
    throw invalid(at, "it has no use for its extension session");
  }
  if (!isSendable(connection) && connection.outgoing !== null) {
    throw invalid(at, "its Close is queued, and a message is under way");
  }
  if (
    writing === Writing.EndLent ||
    (reading === Reading.Finished && writing === Writing.Finished)
  ) {
    throw invalid(at, "its connection has ended, or was with its transport");
  }
  if (writing !== Writing.Open && ending === null) throw invalid(at, "it closes without a reason");
  const isCloseOwed = ending !== null && (ending.peerClose ?? ending.violation) !== null;
  if (writing === Writing.CloseDue && !isCloseOwed) throw invalid(at, "it owes no Close");
  if (writing === Writing.Open && isCloseOwed) throw invalid(at, "it owes a Close");
}
