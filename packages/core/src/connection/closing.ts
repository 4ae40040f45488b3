/**
 * The closing handshake and every other way to the end (RFC 6455 §5.5.1, §7).
 *
 * Every way has the same three steps. The engine queues our last words behind all earlier output. The host then ends the
 * writing half of the transport. The engine reads and drops input until the peer ends its stream, because an unread byte
 * would make the kernel send a reset, and a reset can destroy our last words on their way. A deadline bounds each wait.
 */
import { describeValue } from "../bytes/describe-value.ts";
import { requireString } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { decodeUtf8, encodeUtf8Into, utf8Length } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";
import { FIN } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import type { HandshakeFault } from "../handshake/handshake-fault.ts";
import { isCloseCodeOnWire, NO_STATUS_RECEIVED } from "./close-code.ts";
import {
  CloseSent,
  type Connection,
  endingFacts,
  InputEnd,
  Reading,
  Writing,
  watching,
} from "./connection.ts";
import { queueWaitingPong } from "./control.ts";
import { deadlineAfter } from "./deadline.ts";
import type { CloseFrame } from "./ended.ts";
import { queueFrame } from "./frame-output.ts";
import { discardInput, keepEvent } from "./input.ts";
import { noteRead } from "./progress.ts";
import { Step } from "./step.ts";
import {
  concludeIfFinished,
  endWriting,
  finish,
  finishReading,
  makeCloseDue,
  noteCloseQueued,
  noteEndOfTransport,
  stopReading,
} from "./transitions.ts";
import { type WireViolation, wireViolation } from "./violation.ts";

/** §5.5: 125 bytes of control payload less the two of the code. */
export const MAX_REASON_BYTES = 123;

/**
 * The command `close`. If a Close is due already, that Close is queued at once, with its own code.
 * @returns "closed" when a Close was queued or due before the call, or when the connection has ended.
 */
export function close(
  connection: Connection,
  code: number,
  reason: string,
  now: number,
): "queued" | "closed" {
  checkClose(code, reason);
  if (connection.writing === Writing.CloseDue) queueDueClose(connection, now);
  if (connection.writing !== Writing.Open) return "closed";
  queueClose(connection, code, reason);
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
  return "queued";
}

/** @throws MisuseError for a code or reason that a Close cannot have. */
export function checkClose(code: number, reason: string): void {
  requireString("the reason of a Close", reason);
  if (code === NO_STATUS_RECEIVED) {
    // §7.1.5: an empty body stands for "no code".
    if (reason === "") return;
    throw new MisuseError(
      "a close reason needs a code: the body of a Close begins with the code (RFC 6455 §5.5.1)",
    );
  }
  if (!isCloseCodeOnWire(code)) {
    throw new MisuseError(
      `close code ${describeValue(code)} must not be in a Close frame (RFC 6455 §7.4): use 1000 to 1003, 1007 to 1014 or ` +
        "3000 to 4999, or 1005 for a Close without a code",
    );
  }
  const size = utf8Length(reason);
  if (size > MAX_REASON_BYTES) {
    throw new MisuseError(
      `close reason has ${size} bytes as UTF-8: a Close holds ${MAX_REASON_BYTES} (RFC 6455 §5.5)`,
    );
  }
}

/** Queues our Close behind all earlier output. No limit refuses a Close. */
function queueClose(connection: Connection, code: number, reason: string): void {
  const facts = endingFacts(connection);
  queueWaitingPong(connection);
  const body = new Uint8Array(code === NO_STATUS_RECEIVED ? 0 : 2 + utf8Length(reason));
  if (body.length > 0) {
    body[0] = code >> 8;
    body[1] = code & 0xff;
    encodeUtf8Into(reason, body, 2);
  }
  queueFrame(connection, FIN | Opcode.Close, body, 0, body.length);
  facts.localClose = { code, reason };
  facts.firstClose ??= "local";
  noteCloseQueued(connection);
}

/**
 * The peer's Close, whose payload is `bytes[start, end)`.
 * @returns null; or the violation and the index of the byte at fault, if the body of the Close breaks a rule.
 */
export function receiveClose(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly kind: WireViolation; readonly index: number } | null {
  let frame: CloseFrame = { code: NO_STATUS_RECEIVED, reason: "" };
  if (end > start) {
    // §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"
    if (end - start === 1) return { kind: "close-body-one-byte", index: start };
    const code = (bytes[start]! << 8) | bytes[start + 1]!;
    if (!isCloseCodeOnWire(code)) return { kind: "close-code-invalid", index: start };
    const verdict = validateUtf8(bytes, start + 2, end, UTF8_ACCEPT);
    if (verdict !== UTF8_ACCEPT) {
      const index = verdict < 0 ? ~verdict : end;
      return { kind: "close-reason-not-utf8", index };
    }
    frame = { code, reason: decodeUtf8(bytes, start + 2, end) };
  }
  const facts = endingFacts(connection);
  facts.peerClose = frame;
  facts.firstClose ??= "peer";
  // The peer's Close answers our Close, so the peer has read all bytes that we had sent before our Close.
  if (facts.closeSent === CloseSent.Taken) noteRead(connection, 0);
  // §1.4: an endpoint discards the data behind a Close.
  stopReading(connection);
  // §5.5.1: "MUST send a Close frame in response".
  if (connection.writing === Writing.Open) {
    oweClose(connection);
    return null;
  }
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  endBehindClose(connection, connection.now);
  return null;
}

/**
 * §7.1.7, _Fail the WebSocket Connection_: send a Close with the code of the violation, end our half, process no more
 * input.
 */
export function fail(connection: Connection, kind: WireViolation, offset: number): void {
  const violation = wireViolation(kind, offset);
  endingFacts(connection).violation = violation;
  stopReading(connection);
  if (connection.writing === Writing.Open) {
    oweClose(connection);
    return;
  }
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  endWriting(connection);
}

/**
 * Our Close is due. The application has four fifths of `timeouts.close` to answer the messages before. The last fifth is
 * for the way of our Close: a peer may have a timer of the same length, and this timer runs already.
 */
function oweClose(connection: Connection): void {
  makeCloseDue(connection);
  const { close } = connection.settings.timeouts;
  connection.closeAt = deadlineAfter(connection.now, Math.ceil(close * 0.8));
}

/**
 * The host has seen the peer's Close or the violation, and now pulls on or transmits. The engine queues our Close, unless
 * the host has called `delayClose`. A plain driving loop has answered all earlier messages by now.
 */
export function closeWhenSeen(connection: Connection): void {
  const { ending, watch } = connection;
  const { violation, isViolationReported, isCloseDelayed } = ending!;
  if (isCloseDelayed || (violation !== null && !isViolationReported)) return;
  // With the option `frames`, the host has not seen a step that the watch holds back.
  if (watch !== null && watch.held !== Step.Idle) return;
  queueDueClose(connection, connection.now);
}

/**
 * The command `delayClose`. §5.5.1: "An endpoint MAY delay sending a Close frame until its current message is sent".
 * @returns false when no Close is due.
 */
export function delayClose(connection: Connection): boolean {
  if (connection.writing !== Writing.CloseDue) return false;
  connection.ending!.isCloseDelayed = true;
  return true;
}

/** The command `releaseClose`: the application has no more to send before the Close that is due. */
export function releaseClose(connection: Connection, now: number): void {
  if (connection.writing === Writing.CloseDue) queueDueClose(connection, now);
}

/** Queues the Close that the peer's Close or a violation has made due, behind all earlier output. */
export function queueDueClose(connection: Connection, now: number): void {
  const { peerClose, violation } = connection.ending!;
  // §5.5.1: the answer "typically echos the status code it received".
  queueClose(connection, violation === null ? peerClose!.code : violation.closeCode, "");
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
  endBehindClose(connection, now);
}

/** Our Close is queued, and no more frames of the peer count. The role decides which side ends the TCP connection. */
function endBehindClose(connection: Connection, now: number): void {
  const { violation, closeSent } = connection.ending!;
  // §7.1.1: the server ends the TCP connection, and the client waits for the end. §7.1.7: after a violation neither role
  // waits.
  const isOurs = connection.role.endsFirst || violation !== null;
  if (isOurs || connection.reading === Reading.Finished) endWriting(connection);
  else if (closeSent === CloseSent.Taken) startPatience(connection, now);
}

/**
 * How long a client whose closing handshake is done waits for the server to end the TCP connection, ms. §7.1.1: it "SHOULD
 * wait for the server to close the connection but MAY close the connection at any time". Some servers wait for the client
 * to close. Without this limit the client would wait for such a server until `timeouts.close` runs out.
 */
export const CLIENT_PATIENCE = 1_000;

/** Both Closes have crossed. The peer has to end its stream next. */
export function startPatience(connection: Connection, now: number): void {
  const { close } = connection.settings.timeouts;
  connection.closeAt = now + (close === 0 ? CLIENT_PATIENCE : Math.min(close, CLIENT_PATIENCE));
}

/** Whether the closing handshake is done (§7.1.4) and our half of the stream is still open. */
export function isPatient(connection: Connection): boolean {
  const { ending, writing } = connection;
  return (
    writing === Writing.CloseQueued &&
    ending !== null &&
    ending.peerClose !== null &&
    ending.closeSent === CloseSent.Taken
  );
}

/** The server has not ended the TCP connection in time, so the client ends its half first. */
export function endPatience(connection: Connection, now: number): void {
  endWriting(connection);
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
}

/** Fails the opening handshake. A server has queued its HTTP answer before this call; a client sends no answer. */
export function failHandshake(connection: Connection, fault: HandshakeFault): void {
  endingFacts(connection).violation = { ...fault, closeCode: 0 };
  endAfterLastWord(connection);
}

/** Our last words are queued. The engine reads and drops all further input. */
export function endAfterLastWord(connection: Connection): void {
  stopReading(connection);
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
}

/** Applies the end of the peer's stream, or of the transport. The caller has read all input before that end. */
export function applyInputEnd(connection: Connection): void {
  const facts = endingFacts(connection);
  if (connection.inputEnd === InputEnd.TransportClosed) {
    finish(connection);
    return;
  }
  if (facts.isEndOfStream) return;
  facts.isEndOfStream = true;
  finishReading(connection);
  // The application may still send answers before our Close; the deadline for those answers runs already.
  if (connection.writing === Writing.CloseDue) return;
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  concludeIfFinished(connection);
}

/** The transport has closed in both directions, so `transmit` tells no host to destroy the transport. */
export function loseTransport(connection: Connection, error: string | null): void {
  if (connection.inputEnd === InputEnd.TransportClosed) return;
  noteEndOfTransport(connection);
  const facts = endingFacts(connection);
  facts.transportError ??= error;
  facts.isDestroyLent = true;
}

/**
 * The command `abort`: the engine sends and delivers no more. The facts of the current step hold until the cursor moves on.
 */
export function abort(connection: Connection): void {
  endingFacts(connection).isAborted = true;
  if (connection.watch !== null) watching(connection).forget(connection.watch);
  finish(connection);
  // The input goes back now, not at the next pull. A host that aborts may never pull again, and the thread has only one
  // inbox.
  keepEvent(connection);
  discardInput(connection);
}

/** Drops the unread input of a connection that reads no more frames. */
export function drainDiscarded(connection: Connection): void {
  if (connection.reading !== Reading.Frames) discardInput(connection);
}
