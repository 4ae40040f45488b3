/** Pings and pongs (RFC 6455 §5.5.2, §5.5.3), the peer's and ours. */

import { describeValue } from "../bytes/describe-value.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { Taking } from "../bytes/output-queue.ts";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import { type Connection, isSendable, Writing } from "./connection.ts";
import { NEVER } from "./deadline.ts";
import { queueFrame } from "./frame-output.ts";
import {
  createKeepalive,
  type Keepalive,
  MAX_AWAITED_PINGS,
  MAX_WAITING_PONGS,
  PingState,
} from "./keepalive.ts";
import { noteRead } from "./progress.ts";

function keepaliveOf(connection: Connection): Keepalive {
  connection.keepalive ??= createKeepalive();
  return connection.keepalive;
}

/** §5.5.2: answers a ping whose payload is `bytes[start, end)`. No limit refuses a pong. */
export function answerPing(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (connection.writing > Writing.CloseQueued) return;
  if (connection.output.taking === Taking.Busy) {
    const keepalive = keepaliveOf(connection);
    if (keepalive.waitingPongs >= MAX_WAITING_PONGS) {
      keepalive.newestWaiting = bytes.slice(start, end);
      return;
    }
    keepalive.waitingPongs += 1;
  }
  queueFrame(connection, FIN | Opcode.Pong, bytes, start, end);
}

/** Queues the pong that waits, because the transport takes bytes again, or because our Close comes next. */
export function queueWaitingPong(connection: Connection): void {
  const { keepalive } = connection;
  if (keepalive === null) return;
  keepalive.waitingPongs = 0;
  const payload = keepalive.newestWaiting;
  if (payload === null) return;
  keepalive.newestWaiting = null;
  if (connection.writing <= Writing.CloseQueued) {
    queueFrame(connection, FIN | Opcode.Pong, payload, 0, payload.length);
  }
}

/** §5.5.3: a pong with the payload `bytes[start, end)` answers our ping with this payload, and all our earlier pings. */
export function receivePong(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const keepalive = keepaliveOf(connection);
  keepalive.pongOf = 0;
  // Newest first: a peer may answer only the most recent of several pings with the same payload.
  for (let index = keepalive.pings.length - 1; index >= 0; index -= 1) {
    const ping = keepalive.pings[index]!;
    if (isSame(ping.payload, bytes, start, end)) {
      keepalive.pings.splice(0, index + 1);
      keepalive.pongOf = ping.number;
      if (ping.number >= keepalive.timedPing && keepalive.pingReadBy !== NEVER) {
        noteRead(connection, keepalive.takenSincePing);
        keepalive.pingReadBy = NEVER;
      }
      // The transport may report only later that it took the ping. The answer is here already, so no timer has to start
      // then.
      if (keepalive.pings.length === 0) keepalive.pingState = PingState.None;
      return;
    }
  }
}

function isSame(payload: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (payload.length !== end - start) return false;
  for (let index = 0; index < payload.length; index += 1) {
    if (payload[index] !== bytes[start + index]) return false;
  }
  return true;
}

/**
 * Queues a ping. A ping without a payload of the caller's carries its own number, so that each pong names its ping.
 * @returns the number of the ping, from 1 on; 0 when the connection is closing.
 */
export function sendPing(
  connection: Connection,
  payload: Uint8Array | null,
  isAutomatic: boolean,
  now: number,
): number {
  if (payload !== null) checkControlPayload("ping", payload);
  if (connection.writing !== Writing.Open) return 0;
  const keepalive = keepaliveOf(connection);
  const number = keepalive.lastPing + 1;
  keepalive.lastPing = number;
  const own = payload === null ? numberPayload(number) : new Uint8Array(payload);
  // No caller waits for an automatic ping, so the engine remembers only the last one, however long the peer is silent.
  if (isAutomatic) keepalive.pings = keepalive.pings.filter((ping) => !ping.isAutomatic);
  keepalive.pings.push({ number, payload: own, isAutomatic });
  if (keepalive.pings.length > MAX_AWAITED_PINGS) keepalive.pings.shift();
  keepalive.pingedAt = now;
  if (keepalive.pingState === PingState.None) {
    keepalive.pingState = PingState.Queued;
    keepalive.timedPing = number;
    keepalive.pingReadBy = NEVER;
  }
  queueFrame(connection, FIN | Opcode.Ping, own, 0, own.length);
  return number;
}

/** §5.5.3: queues an unsolicited pong, a heartbeat that expects no answer. */
export function sendPong(connection: Connection, payload: Uint8Array | null): "queued" | "closed" {
  if (payload !== null) checkControlPayload("pong", payload);
  if (!isSendable(connection)) return "closed";
  const bytes = payload ?? new Uint8Array(0);
  queueFrame(connection, FIN | Opcode.Pong, bytes, 0, bytes.length);
  return "queued";
}

function checkControlPayload(command: "ping" | "pong", payload: unknown): void {
  if (!isBytes(payload)) {
    throw new MisuseError(
      `${command}: the payload is ${describeValue(payload)}: give a Uint8Array`,
    );
  }
  if (payload.length > MAX_CONTROL_PAYLOAD_BYTES) {
    throw new MisuseError(
      `${command} payload has ${payload.length} bytes: a control frame holds ${MAX_CONTROL_PAYLOAD_BYTES} (RFC 6455 §5.5)`,
    );
  }
}

function numberPayload(number: number): Uint8Array {
  return new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number]);
}
