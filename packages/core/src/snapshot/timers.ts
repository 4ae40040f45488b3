/** The timers, and the pings and pongs, in a snapshot. Each point in time is a distance from now: clocks differ. */
import type { Connection } from "../connection/connection.ts";
import {
  type Keepalive,
  MAX_AWAITED_PINGS,
  MAX_WAITING_PONGS,
  PingState,
  type SentPing,
} from "../connection/keepalive.ts";
import { MOST_IN_TRANSIT } from "../connection/progress.ts";
import { MAX_CONTROL_PAYLOAD_BYTES } from "../frame/frame-header.ts";
import {
  invalid,
  readByte,
  readBytes,
  readFlag,
  readList,
  readNatural,
  readOptional,
  readTime,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import {
  type SnapshotWriter,
  writeByte,
  writeBytes,
  writeFlag,
  writeList,
  writeNatural,
  writeOptional,
  writeTime,
} from "./snapshot-writer.ts";

export function writeTimers(writer: SnapshotWriter, connection: Connection): void {
  writeNatural(writer, connection.inTransit);
  writeTime(writer, connection.inTransitAt);
  writeTime(writer, connection.lastReceived);
  writeTime(writer, connection.progressAt);
  writeTime(writer, connection.phaseEndsAt);
  writeTime(writer, connection.closeAt);
  writeTime(writer, connection.pausedAt);
  writeOptional(writer, connection.keepalive, writeKeepalive);
}

export function readTimers(reader: SnapshotReader, connection: Connection): void {
  connection.inTransit = readNatural(reader, "the bytes in transit", MOST_IN_TRANSIT);
  connection.inTransitAt = readTime(reader, "the time of the bytes in transit");
  connection.lastReceived = readTime(reader, "the time of the last byte received");
  connection.progressAt = readTime(reader, "the time of the last progress");
  connection.phaseEndsAt = readTime(reader, "the end of the lifetime");
  connection.closeAt = readTime(reader, "the deadline of the close");
  connection.pausedAt = readTime(reader, "the time of the pause");
  connection.keepalive = readOptional(reader, "the pings", readKeepalive);
}

function writeKeepalive(writer: SnapshotWriter, keepalive: Keepalive): void {
  writeList(writer, keepalive.pings, writePing);
  writeNatural(writer, keepalive.lastPing);
  writeByte(writer, keepalive.pingState);
  writeTime(writer, keepalive.pingedAt);
  writeTime(writer, keepalive.pongAt);
  writeNatural(writer, keepalive.timedPing);
  writeTime(writer, keepalive.pingReadBy);
  writeNatural(writer, keepalive.takenSincePing);
  writeNatural(writer, keepalive.waitingPongs);
  writeOptional(writer, keepalive.newestWaiting, (to, payload) => writeBytes(to, payload));
}

function readKeepalive(reader: SnapshotReader): Keepalive {
  const pings = readList(reader, "pings", MAX_AWAITED_PINGS, readPing);
  const lastPing = readNatural(reader, "the number of the last ping");
  const { at } = reader;
  const pingState = readByte(reader, "the state of the ping", PingState.Taken) as PingState;
  if (pingState === PingState.Lent) throw invalid(at, "its ping is with another transport");
  return {
    pings,
    lastPing,
    pingState,
    pingedAt: readTime(reader, "the time of the last ping"),
    pongAt: readTime(reader, "the deadline of the pong"),
    timedPing: readNatural(reader, "the number of the awaited ping"),
    pingReadBy: readTime(reader, "the time when the ping is read"),
    takenSincePing: readNatural(reader, "the bytes since the ping", MOST_IN_TRANSIT),
    // A fact of the step that the cursor stood on.
    pongOf: 0,
    waitingPongs: readNatural(reader, "the number of waiting pongs", MAX_WAITING_PONGS),
    newestWaiting: readOptional(reader, "the waiting pong", (from) =>
      readBytes(from, "the waiting pong", MAX_CONTROL_PAYLOAD_BYTES).slice(),
    ),
  };
}

function writePing(writer: SnapshotWriter, ping: SentPing): void {
  writeNatural(writer, ping.number);
  writeBytes(writer, ping.payload);
  writeFlag(writer, ping.isAutomatic);
}

function readPing(reader: SnapshotReader): SentPing {
  return {
    number: readNatural(reader, "the number of a ping"),
    payload: readBytes(reader, "the payload of a ping", MAX_CONTROL_PAYLOAD_BYTES).slice(),
    isAutomatic: readFlag(reader, "a ping"),
  };
}
