/**
 * Time is an input. The state holds points in time and periods of silence; from them follow one deadline, the earliest,
 * and what to do when it has passed. Asking early, or twice, changes nothing.
 */
import { CloseCode } from "./close-code.ts";
import { close, endPatience, isPatient, queueDueClose } from "./closing.ts";
import { type Connection, endingFacts, Writing } from "./connection.ts";
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
  if (connection.handshakeAt !== NEVER) return connection.handshakeAt;
  if (connection.writing !== Writing.Open) return Number.POSITIVE_INFINITY;
  let earliest = Number.POSITIVE_INFINITY;
  earliest = sooner(earliest, connection.lifetimeAt);
  earliest = sooner(earliest, idleAt(connection));
  earliest = sooner(earliest, pingAt(connection));
  return sooner(earliest, pongAt(connection));
}

function sooner(earliest: number, at: number): number {
  return at !== NEVER && at < earliest ? at : earliest;
}

function hasPassed(at: number, now: number): boolean {
  return at !== NEVER && now >= at;
}

/** What the transport takes is life too: the peer of a long message has nothing to say, and a pong may lie unread. */
function idleAt(connection: Connection): number {
  const { lastReceived, progressAt, settings } = connection;
  const lastLife = Math.max(lastReceived, progressAt, readBy(connection));
  return deadlineAfter(lastLife, settings.timeouts.idle);
}

/**
 * Behind much that the transport took lately, our Close is far from the peer still. That is not what the application is
 * waited for, nor the server's end of the TCP connection: a FIN of ours keeps its place behind that, too.
 */
function closeAt(connection: Connection): number {
  if (connection.writing === Writing.CloseDue || isPatient(connection)) return connection.closeAt;
  // A peer that broke a rule has no claim to patience: it could keep its connection for minutes.
  if (connection.ending !== null && connection.ending.violation !== null) return connection.closeAt;
  return Math.max(connection.closeAt, readBy(connection) + connection.settings.timeouts.close);
}

/** A ping goes out after that much silence, and again after that much silence behind it, but not while one is out. */
function pingAt(connection: Connection): number {
  const { keepalive, lastReceived } = connection;
  const { ping, pong } = connection.settings.timeouts;
  if (keepalive === null) return deadlineAfter(lastReceived, ping);
  const { pingState, pingedAt } = keepalive;
  const isAwaited = pingState === PingState.Queued || pingState === PingState.Lent;
  if (isAwaited || (pingState === PingState.Taken && pong !== 0)) return NEVER;
  return deadlineAfter(Math.max(lastReceived, pingedAt), ping);
}

/** While reading is paused the pong may lie in a buffer of the transport: the timer stands still. */
function pongAt(connection: Connection): number {
  const { keepalive } = connection;
  if (keepalive === null || connection.pausedAt !== NEVER) return NEVER;
  if (keepalive.pingState !== PingState.Taken || keepalive.pongAt === NEVER) return NEVER;
  // The peer has to read what stands before the ping first.
  return Math.max(keepalive.pongAt, keepalive.pingReadBy + connection.settings.timeouts.pong);
}

/** It is `now`, or as late as it was before, whichever is later. */
export function advanceTime(connection: Connection, now: number): void {
  connection.now = checkedTime(now, connection.now);
}

/** Runs until the connection is open. Where it is off it never fires, but keeps the timers of open connections away. */
export function startHandshakeTimer(connection: Connection): void {
  const { handshake } = connection.settings.timeouts;
  connection.handshakeAt = handshake === 0 ? Number.POSITIVE_INFINITY : connection.now + handshake;
}

/** What is left of the opening handshake has `timeout` ms from now on, or the time that it had, whichever is less. */
export function shortenHandshakeTimer(connection: Connection, timeout: number): void {
  const at = deadlineAfter(connection.now, timeout);
  if (at !== NEVER) connection.handshakeAt = Math.min(connection.handshakeAt, at);
}

/** A byte arrived: whatever ping is out, the peer is alive. */
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
 * Does what the deadlines that have passed ask for.
 * @returns true when the opening handshake has run out of time: what that means is the endpoint's affair.
 */
export function expireTimers(connection: Connection, now: number): boolean {
  connection.now = now;
  if (connection.ending?.ended) return false;
  if (connection.closeAt !== NEVER) {
    if (!hasPassed(closeAt(connection), now)) return false;
    if (connection.writing === Writing.CloseDue) {
      // The application has had its time to answer, and the peer has it now: nobody has failed.
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
  if (connection.handshakeAt !== NEVER) {
    if (!hasPassed(connection.handshakeAt, now)) return false;
    connection.handshakeAt = NEVER;
    return true;
  }
  if (connection.writing !== Writing.Open) return false;
  if (hasPassed(connection.lifetimeAt, now)) {
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

/** Politely first, since the peer may be well and only silent; the `close` deadline ends it if it is not. */
function closeFor(connection: Connection, name: TimeoutName, reason: string, now: number): void {
  noteTimeout(connection, name);
  close(connection, CloseCode.GoingAway, reason, now);
}

export function noteTimeout(connection: Connection, name: TimeoutName): void {
  endingFacts(connection).timeout ??= name;
}

/** Time is up. What has been read from the transport before is still pulled first. */
function endTransport(connection: Connection): void {
  connection.closeAt = NEVER;
  if (connection.memory === null) finish(connection);
  else noteEndOfTransport(connection);
}
