/**
 * Every transition of a connection (RFC 6455 §4.1, §7): from the opening handshake to the open connection, of its two
 * directions, and to the end. No other file writes `phase`, `agreed`, `reading`, `writing`, `inputEnd` and `ended`. The
 * functions that call these decide when; `connection.ts` has the picture.
 */
import { releaseBytes } from "../bytes/growing-bytes.ts";
import { dropOutput } from "../bytes/output-queue.ts";
import { disposeOf, type ExtensionAgreement, NO_EXTENSIONS } from "../extension/extension.ts";
import {
  AT_HEADER,
  CloseSent,
  type Connection,
  type EndingFacts,
  endingFacts,
  InputEnd,
  isSendable,
  NOT_AGREED,
  Phase,
  Reading,
  Writing,
} from "./connection.ts";
import { deadlineAfter, NEVER } from "./deadline.ts";
import type { Ended } from "./ended.ts";
import { enterQuickPath, leaveQuickPath } from "./quick-path.ts";

// ---- the opening handshake

/** §4.1, "in an OPEN state": from here on frames come, and other timers run. */
export function openConnection(
  connection: Connection,
  protocol: string,
  agreement: ExtensionAgreement,
): void {
  const { settings, now } = connection;
  connection.phase = Phase.OpenDue;
  const isNothingAgreed = protocol === "" && agreement === NO_EXTENSIONS;
  connection.agreed = isNothingAgreed ? NOT_AGREED : { protocol, extensions: agreement.extensions };
  connection.session = agreement.session;
  connection.lastReceived = now;
  connection.phaseEndsAt = deadlineAfter(now, settings.timeouts.lifetime);
  // Offsets count from the first byte behind the peer's handshake.
  connection.origin = -connection.position;
  const { frames } = settings;
  if (frames !== null) connection.watch = frames.functions.create(frames.payloadPrefix);
  enterQuickPath(connection);
}

/** The cursor stands on `Step.Open`. */
export function reportOpen(connection: Connection): void {
  connection.phase = Phase.OpenReported;
}

/** The cursor has left `Step.Open`. */
export function leaveOpening(connection: Connection): void {
  connection.phase = Phase.Open;
}

/** The state of the two directions, and of what both sides agreed on. A snapshot moves it to another endpoint. */
export type Halves = Pick<Connection, "phase" | "agreed" | "reading" | "writing" | "inputEnd">;

/** A new connection goes on where another one was, perhaps of another process. */
export function continueFrom(connection: Connection, halves: Halves): void {
  connection.phase = halves.phase;
  connection.agreed = halves.agreed;
  connection.reading = halves.reading;
  connection.writing = halves.writing;
  connection.inputEnd = halves.inputEnd;
}

// ---- how the input ends: noted at once, applied when everything before has been read

export function noteEndOfStream(connection: Connection): void {
  if (connection.inputEnd === InputEnd.Unknown) connection.inputEnd = InputEnd.EndOfStream;
}

export function noteEndOfTransport(connection: Connection): void {
  connection.inputEnd = InputEnd.TransportClosed;
}

// ---- the reading half

/** Frames → Discarding. The opening handshake is over too, if it was still under way: no answer to it counts any more. */
export function stopReading(connection: Connection): void {
  if (connection.reading === Reading.Frames) connection.reading = Reading.Discarding;
  leaveQuickPath(connection);
  connection.phaseEndsAt = NEVER; // a connection that closes has `closeAt`
  connection.frameLeft = AT_HEADER;
  connection.control = null;
  if (connection.message !== null) {
    if (connection.message.gathered !== null) releaseBytes(connection.message.gathered);
    connection.message = null;
  }
  endSessionIfIdle(connection);
}

/** → Finished. */
export function finishReading(connection: Connection): void {
  stopReading(connection);
  connection.reading = Reading.Finished;
}

/**
 * A session may hold memory outside the engine (zlib does): it ends with the last message that could need it. Behind the
 * peer's Close the application may still finish a message that it sends in fragments (§5.5.1).
 */
function endSessionIfIdle(connection: Connection): void {
  const { session } = connection;
  if (session === null || connection.reading === Reading.Frames || isSendable(connection)) return;
  connection.session = null;
  disposeOf(session);
}

// ---- the writing half

/** Open → CloseDue. */
export function makeCloseDue(connection: Connection): void {
  connection.writing = Writing.CloseDue;
}

/** Open, CloseDue → CloseQueued. */
export function noteCloseQueued(connection: Connection): void {
  connection.writing = Writing.CloseQueued;
  endSessionIfIdle(connection);
}

/** → Ending: our last word is queued. Not back from EndLent and Finished. */
export function endWriting(connection: Connection): void {
  if (connection.writing < Writing.Ending) connection.writing = Writing.Ending;
  endSessionIfIdle(connection);
}

/** Ending → EndLent. */
export function noteEndLent(connection: Connection): void {
  connection.writing = Writing.EndLent;
}

/** EndLent → Finished: the transport has taken the end of our half. */
export function finishWriting(connection: Connection): void {
  connection.writing = Writing.Finished;
  concludeIfFinished(connection);
}

// ---- the end

/** Both halves at once: the transport is gone, a deadline has passed, or the host has had enough. */
export function finish(connection: Connection): void {
  finishReading(connection);
  connection.writing = Writing.Finished;
  endSessionIfIdle(connection);
  dropOutput(connection.output);
  concludeIfFinished(connection);
}

/** Makes the terminal fact once both halves have finished. */
export function concludeIfFinished(connection: Connection): void {
  if (connection.reading !== Reading.Finished || connection.writing !== Writing.Finished) return;
  const facts = endingFacts(connection);
  if (facts.ended !== null) return;
  facts.ended = endedOf(facts);
  connection.closeAt = NEVER;
  connection.keepalive = null;
  connection.outgoing = null;
}

function endedOf(facts: EndingFacts): Ended {
  return {
    localClose: facts.localClose,
    isCloseSent: facts.closeSent === CloseSent.Taken,
    peerClose: facts.peerClose,
    firstClose: facts.firstClose,
    violation: facts.violation,
    timeout: facts.timeout,
    isEndOfStream: facts.isEndOfStream,
    isAborted: facts.isAborted,
    transportError: facts.transportError,
  };
}
