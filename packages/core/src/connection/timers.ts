/**
 * Time is an input. The state holds points in time and periods of silence. The earliest deadline follows from them, and so
 * does the action when a deadline has passed. A call that comes early, or twice, changes nothing.
 */
import { GOING_AWAY } from "./close-code.ts";
import { close, endPatience, isPatient, queueDueClose } from "./closing.ts";
import { type Connection, endingFacts, Phase, Writing } from "./connection.ts";
import { sendPing } from "./control.ts";
import { checkedTime, deadlineAfter, NEVER } from "./deadline.ts";
import type { TimeoutName } from "./ended.ts";
import { PingState } from "./keepalive.ts";
import { readBy } from "./progress.ts";
import { finish, noteEndOfTransport } from "./transitions.ts";

/** When {@link expireTimers} has something to do, in ms of the host's clock; Infinity when never. */
export function nextDeadline(connection: Connection): number {
  if (connection.ending?.ended) return Number.POSITIVE_INFINITY;
  if (connection.closeAt !== NEVER) return closeAt(connection);
  if (isHandshakeTimed(connection)) return connection.phaseEndsAt;
  if (connection.writing !== Writing.Open) return Number.POSITIVE_INFINITY;
  let earliest = Number.POSITIVE_INFINITY;
  earliest = sooner(earliest, connection.phaseEndsAt);
  earliest = sooner(earliest, idleAt(connection));
  earliest = sooner(earliest, pingAt(connection));
  return sooner(earliest, pongAt(connection));
}

function isHandshakeTimed(connection: Connection): boolean {
  return connection.phase === Phase.Opening && connection.phaseEndsAt !== NEVER;
}

function sooner(earliest: number, at: number): number {
  return at !== NEVER && at < earliest ? at : earliest;
}

function hasPassed(at: number, now: number): boolean {
  return at !== NEVER && now >= at;
}

/**
 * Bytes that a full transport takes are a sign of life too. The peer of a long message has no reason to send, and its pongs
 * may lie unread while reading is paused.
 */
function idleAt(connection: Connection): number {
  const { lastReceived, progressAt, settings } = connection;
  const lastLife = Math.max(lastReceived, progressAt, readBy(connection));
  return deadlineAfter(lastLife, settings.timeouts.idle);
}

/**
 * When the transport took much lately, our Close reaches the peer late, so the timer begins later. Two waits are no waits
 * for our Close, and begin at once: the wait for the application's answers, and a client's wait for the server's end of
 * TCP.
 */
function closeAt(connection: Connection): number {
  if (connection.writing === Writing.CloseDue || isPatient(connection)) return connection.closeAt;
  // A peer that broke a rule gets no extra time: otherwise it could keep its connection for minutes.
  if (connection.ending !== null && connection.ending.violation !== null) return connection.closeAt;
  return Math.max(connection.closeAt, readBy(connection) + connection.settings.timeouts.close);
}

/**
 * A ping is due after `timeouts.ping` of silence, and again after as much silence behind the last ping. No ping is due
 * while an earlier one is out.
 */
function pingAt(connection: Connection): number {
  const { keepalive, lastReceived } = connection;
  const { ping, pong } = connection.settings.timeouts;
  if (keepalive === null) return deadlineAfter(lastReceived, ping);
  const { pingState, pingedAt } = keepalive;
  const isAwaited = pingState === PingState.Queued || pingState === PingState.Lent;
  if (isAwaited || (pingState === PingState.Taken && pong !== 0)) return NEVER;
  return deadlineAfter(Math.max(lastReceived, pingedAt), ping);
}

/** While reading is paused, the pong may lie in a buffer of the transport, so the timer stands still. */
function pongAt(connection: Connection): number {
  const { keepalive } = connection;
  if (keepalive === null || connection.pausedAt !== NEVER) return NEVER;
  if (keepalive.pingState !== PingState.Taken || keepalive.pongAt === NEVER) return NEVER;
  // The peer has to read the bytes before the ping first.
  return Math.max(keepalive.pongAt, keepalive.pingReadBy + connection.settings.timeouts.pong);
}

/** Sets the time of the connection. A time earlier than the last one counts as the last one. */
export function advanceTime(connection: Connection, now: number): void {
  connection.now = checkedTime(now, connection.now);
}

/**
 * Starts the timer of the opening handshake. A timer that is off holds Infinity, so that the timers of open connections do
 * not run yet.
 */
export function startHandshakeTimer(connection: Connection): void {
  const { handshake } = connection.settings.timeouts;
  connection.phaseEndsAt = handshake === 0 ? Number.POSITIVE_INFINITY : connection.now + handshake;
}

/** Limits the rest of the opening handshake to `timeout` ms from now. An earlier deadline stays. */
export function shortenHandshakeTimer(connection: Connection, timeout: number): void {
  const at = deadlineAfter(connection.now, timeout);
  if (at !== NEVER) connection.phaseEndsAt = Math.min(connection.phaseEndsAt, at);
}

/** A byte arrived, so the peer is alive: the `pong` timer stops. */
export function heardFromPeer(connection: Connection, now: number): void {
  connection.now = now;
  connection.lastReceived = now;
  const { keepalive } = connection;
  if (keepalive !== null && keepalive.pingState === PingState.Taken) {
    keepalive.pingState = PingState.None;
    keepalive.pongAt = NEVER;
  }
}

export function pauseTimers(connection: Connection, now: number): void {
  if (connection.pausedAt === NEVER) connection.pausedAt = now;
}

export function resumeTimers(connection: Connection, now: number): void {
  const { keepalive, pausedAt } = connection;
  if (pausedAt === NEVER) return;
  connection.pausedAt = NEVER;
  if (keepalive !== null && keepalive.pongAt !== NEVER) {
    keepalive.pongAt += now - pausedAt;
  }
}

/**
 * Acts on every deadline that has passed.
 * @returns true when the opening handshake has run out of time. The endpoint then ends the handshake.
 */
export function expireTimers(connection: Connection, now: number): boolean {
  connection.now = now;
  if (connection.ending?.ended) return false;
  if (connection.closeAt !== NEVER) {
    if (!hasPassed(closeAt(connection), now)) return false;
    if (connection.writing === Writing.CloseDue) {
      // The application has had its time to answer, and now the peer gets our Close. No timeout is noted, because neither
      // side has failed.
      queueDueClose(connection, now);
      return false;
    }
    if (isPatient(connection)) {
      endPatience(connection, now);
      return false;
    }
    noteTimeout(connection, "close");
    endTransport(connection);
    return false;
  }
  if (isHandshakeTimed(connection)) {
    if (!hasPassed(connection.phaseEndsAt, now)) return false;
    connection.phaseEndsAt = NEVER;
    return true;
  }
  if (connection.writing !== Writing.Open) return false;
  if (hasPassed(connection.phaseEndsAt, now)) {
    closeFor(connection, "lifetime", "lifetime ended", now);
  } else if (hasPassed(idleAt(connection), now)) {
    closeFor(connection, "idle", "idle for too long", now);
  } else if (hasPassed(pongAt(connection), now)) {
    closeFor(connection, "pong", "no answer to a ping", now);
  } else if (hasPassed(pingAt(connection), now)) {
    sendPing(connection, null, true, now);
  }
  return false;
}

/** Closes politely, because a silent peer may be alive. The `close` deadline ends the connection if the peer is dead. */
function closeFor(connection: Connection, name: TimeoutName, reason: string, now: number): void {
  noteTimeout(connection, name);
  close(connection, GOING_AWAY, reason, now);
}

export function noteTimeout(connection: Connection, name: TimeoutName): void {
  endingFacts(connection).timeout ??= name;
}

/** The time is up. The host can still pull the bytes that it had received before. */
function endTransport(connection: Connection): void {
  connection.closeAt = NEVER;
  if (connection.memory === null) finish(connection);
  else noteEndOfTransport(connection);
}
