/**
 * The closing handshake and every other way to the end (RFC 6455 §5.5.1, §7).
 *
 * Whatever the reason, the last words are queued behind what was queued before, the writing half of the transport is
 * ended behind them, and input is read and dropped until the peer ends its stream: an unread byte would turn our last
 * words into a reset. A deadline bounds each wait.
 */
import { describeValue } from "../bytes/describe-value.ts";
import { requireString } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { decodeUtf8, encodeUtf8Into, utf8Length } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";
import { FIN } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import type { HandshakeFault } from "../handshake/handshake-fault.ts";
import { CloseCode, isCloseCodeOnWire } from "./close-code.ts";
import {
  CloseSent,
  type Connection,
  endingFacts,
  InputEnd,
  Reading,
  Writing,
} from "./connection.ts";
import { queueWaitingPong } from "./control.ts";
import { deadlineAfter } from "./deadline.ts";
import type { CloseFrame } from "./ended.ts";
import { queueFrame } from "./frame-output.ts";
import { forgetWatched } from "./frame-watch.ts";
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
import { CloseViolation, type WireViolation, wireViolation } from "./violation.ts";

/** §5.5: 125 bytes of control payload less the two of the code. */
export const MAX_REASON_BYTES = 123;

/**
 * The command. A Close that is due goes out at once, with its own code.
 * @returns "closed" when a Close was queued before, or was due, or the connection is over.
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
  if (code === CloseCode.NoStatus) {
    // The way to say "no code": an empty body (§7.1.5).
    if (reason === "") return;
    throw new MisuseError(
      "close reason without a code: a Close body begins with one (RFC 6455 §5.5.1)",
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

/** Queues our Close, with the place behind everything queued before it. No limit refuses it. */
function queueClose(connection: Connection, code: number, reason: string): void {
  const facts = endingFacts(connection);
  queueWaitingPong(connection);
  const body = new Uint8Array(code === CloseCode.NoStatus ? 0 : 2 + utf8Length(reason));
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
 * @returns the violation instead, with the index of the byte at fault, if its body breaks a rule.
 */
export function receiveClose(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly kind: WireViolation; readonly index: number } | null {
  let frame: CloseFrame = { code: CloseCode.NoStatus, reason: "" };
  if (end > start) {
    // §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer"
    if (end - start === 1) return { kind: CloseViolation.CloseBodyOneByte, index: start };
    const code = (bytes[start]! << 8) | bytes[start + 1]!;
    if (!isCloseCodeOnWire(code)) return { kind: CloseViolation.CloseCodeInvalid, index: start };
    const verdict = validateUtf8(bytes, start + 2, end, UTF8_ACCEPT);
    if (verdict !== UTF8_ACCEPT) {
      const index = verdict < 0 ? ~verdict : end;
      return { kind: CloseViolation.CloseReasonNotUtf8, index };
    }
    frame = { code, reason: decodeUtf8(bytes, start + 2, end) };
  }
  const facts = endingFacts(connection);
  facts.peerClose = frame;
  facts.firstClose ??= "peer";
  // It answers ours, behind all that we had sent: nothing of that is on its way any more.
  if (facts.closeSent === CloseSent.Taken) noteRead(connection, 0);
  // §1.4: what comes after a Close is discarded.
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

/** §7.1.7, _Fail the WebSocket Connection_: say why, end our half, process nothing more. */
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
 * Our Close is due. The application has four fifths of `timeouts.close` to answer what came before: a peer with a timer of
 * the same length waits for our Close already, and has to get it in time.
 */
function oweClose(connection: Connection): void {
  makeCloseDue(connection);
  const { close } = connection.settings.timeouts;
  connection.closeAt = deadlineAfter(connection.now, Math.ceil(close * 0.8));
}

/**
 * The host has seen the peer's Close or the violation, and moves on or transmits: our Close is queued, unless the host has
 * asked for time. A plain driving loop has answered by now whatever came before.
 */
export function closeWhenSeen(connection: Connection): void {
  const { ending, watch } = connection;
  const { violation, isViolationReported, isCloseDelayed } = ending!;
  if (isCloseDelayed || (violation !== null && !isViolationReported)) return;
  // A step that frames are reported before has not been seen.
  if (watch !== null && watch.held !== Step.Idle) return;
  queueDueClose(connection, connection.now);
}

/**
 * The command. §5.5.1: "An endpoint MAY delay sending a Close frame until its current message is sent".
 * @returns false when no Close is due.
 */
export function delayClose(connection: Connection): boolean {
  if (connection.writing !== Writing.CloseDue) return false;
  connection.ending!.isCloseDelayed = true;
  return true;
}

/** The command: nothing more is to be said before the Close that is due. */
export function releaseClose(connection: Connection, now: number): void {
  if (connection.writing === Writing.CloseDue) queueDueClose(connection, now);
}

/** Our Close, which the peer's Close or a violation has led to, behind everything that was sent before. */
export function queueDueClose(connection: Connection, now: number): void {
  const { peerClose, violation } = connection.ending!;
  // §5.5.1: the answer "typically echos the status code it received".
  queueClose(connection, violation === null ? peerClose!.code : violation.closeCode, "");
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
  endBehindClose(connection, now);
}

/** Our Close is queued, or was before, and the peer says nothing more: which side ends the TCP connection? */
function endBehindClose(connection: Connection, now: number): void {
  const { violation, closeSent } = connection.ending!;
  // §7.1.1: the server ends it, the client waits for that. §7.1.7: after a violation there is nothing to wait for.
  const isOurs = connection.role.endsFirst || violation !== null;
  if (isOurs || connection.reading === Reading.Finished) endWriting(connection);
  else if (closeSent === CloseSent.Taken) startPatience(connection, now);
}

/**
 * How long a client whose closing handshake is done waits for the server to end the TCP connection, ms. §7.1.1: it "SHOULD
 * wait for the server to close the connection but MAY close the connection at any time". Some servers wait for the client
 * to do it, and would be waited for until `timeouts.close` runs out.
 */
export const CLIENT_PATIENCE = 1_000;

/** Both Closes have crossed, and it is the peer's turn to end its stream. */
export function startPatience(connection: Connection, now: number): void {
  const { close } = connection.settings.timeouts;
  connection.closeAt = now + (close === 0 ? CLIENT_PATIENCE : Math.min(close, CLIENT_PATIENCE));
}

/** The closing handshake is done (§7.1.4), and our half of the stream has not been ended. */
export function isPatient(connection: Connection): boolean {
  const { ending, writing } = connection;
  return (
    writing === Writing.CloseQueued &&
    ending !== null &&
    ending.peerClose !== null &&
    ending.closeSent === CloseSent.Taken
  );
}

/** The server has not ended the TCP connection in time: the client goes first. */
export function endPatience(connection: Connection, now: number): void {
  endWriting(connection);
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
}

/** The same in the opening handshake, where the answer is HTTP and queued already, or there is none. */
export function failHandshake(connection: Connection, fault: HandshakeFault): void {
  endingFacts(connection).violation = { ...fault, closeCode: 0 };
  endAfterLastWord(connection);
}

/** Our last word is queued, and what the peer still says does not matter. */
export function endAfterLastWord(connection: Connection): void {
  stopReading(connection);
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
}

/** The end of the peer's stream, or of the transport; applied when the input before it has been read. */
export function applyInputEnd(connection: Connection): void {
  const facts = endingFacts(connection);
  if (connection.inputEnd === InputEnd.TransportClosed) {
    finish(connection);
    return;
  }
  if (facts.isEndOfStream) return;
  facts.isEndOfStream = true;
  finishReading(connection);
  // Answers may still go out before our Close; the time for them runs already.
  if (connection.writing === Writing.CloseDue) return;
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  concludeIfFinished(connection);
}

/** The transport is gone, in both directions, and does not have to be told to go. */
export function loseTransport(connection: Connection, error: string | null): void {
  if (connection.inputEnd === InputEnd.TransportClosed) return;
  noteEndOfTransport(connection);
  const facts = endingFacts(connection);
  facts.transportError ??= error;
  facts.isDestroyLent = true;
}

/** The command: nothing more is sent or delivered. What the cursor stands on can be looked at until it moves on. */
export function abort(connection: Connection): void {
  endingFacts(connection).isAborted = true;
  if (connection.watch !== null) forgetWatched(connection.watch);
  finish(connection);
  // Not at the next pull: whoever aborts may never pull again, and the thread has one inbox.
  keepEvent(connection);
  discardInput(connection);
}

/** Drops what nobody will read any more. */
export function drainDiscarded(connection: Connection): void {
  if (connection.reading !== Reading.Frames) discardInput(connection);
}
