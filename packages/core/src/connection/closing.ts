/**
 * The closing handshake and every other way to the end (RFC 6455 §5.5.1, §7).
 *
 * Whatever the reason, the last words are queued behind what was queued before, the writing half of the transport is
 * ended behind them, and input is read and dropped until the peer ends its stream: an unread octet would turn our last
 * words into a reset. A deadline bounds each wait.
 */
import { releaseBytes } from "../bytes/growing-bytes.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { dropOutput } from "../bytes/output-queue.ts";
import { decodeUtf8, encodeUtf8Into, utf8Length } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";
import { FIN } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import type { HandshakeFault } from "../handshake/handshake-fault.ts";
import { CloseCode, isCloseCodeOnWire } from "./close-code.ts";
import {
  AT_HEADER,
  CloseSent,
  type Connection,
  type EndingFacts,
  endingFacts,
  InputEnd,
  NEVER,
  Reading,
  Writing,
} from "./connection.ts";
import { queueWaitingPong } from "./control.ts";
import { forgetWatched } from "./frame-watch.ts";
import { discardInput, keepEvent } from "./input.ts";
import { queueFrame } from "./sending.ts";
import { CloseViolation, type Violation, type WireViolation, wireViolation } from "./violation.ts";

/** The contents of a Close frame. */
export interface CloseFrame {
  /** 1005 when the frame had no body (RFC 6455 §7.1.5). */
  readonly code: number;
  readonly reason: string;
}

export type TimeoutName = "handshake" | "idle" | "pong" | "lifetime" | "close";

/** How a connection ended: raw facts, from which `closeOutcome` derives what people call the close code. */
export interface Ended {
  /** The Close that we queued, whether or not the transport took it: see {@link isCloseSent}. */
  readonly localClose: CloseFrame | null;
  /** The transport took our Close. */
  readonly isCloseSent: boolean;
  /** The Close that arrived. */
  readonly peerClose: CloseFrame | null;
  readonly firstClose: "local" | "peer" | null;
  readonly violation: Violation | null;
  /** The first timer that ran out, if one did. */
  readonly timeout: TimeoutName | null;
  /** The peer ended its stream. */
  readonly isEndOfStream: boolean;
  /** `abort` was called. */
  readonly isAborted: boolean;
  /** What the host said in `transportClosed`. */
  readonly transportError: string | null;
}

/** RFC 6455 §7.1.4 to §7.1.6, derived. */
export interface CloseOutcome {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived. */
  readonly code: number;
  readonly reason: string;
  /** Both Closes crossed. */
  readonly wasClean: boolean;
}

export function closeOutcome(ended: Ended): CloseOutcome {
  const { peerClose } = ended;
  if (peerClose === null) return { code: CloseCode.Abnormal, reason: "", wasClean: false };
  return {
    code: peerClose.code,
    reason: peerClose.reason,
    wasClean: ended.isCloseSent && ended.violation === null,
  };
}

/** §5.5: 125 octets of control payload less the two of the code. */
export const MAX_REASON_OCTETS = 123;

/** The command. @returns "closed" when a Close was queued before or the connection is over. */
export function close(
  connection: Connection,
  code: number,
  reason: string,
  now: number,
): "queued" | "closed" {
  checkClose(code, reason);
  if (connection.writing !== Writing.Open) return "closed";
  queueClose(connection, code, reason);
  connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
  return "queued";
}

/** @throws MisuseError for a code or reason that a Close cannot have. */
export function checkClose(code: number, reason: string): void {
  if (code === CloseCode.NoStatus) {
    // The way to say "no code": an empty body (§7.1.5).
    if (reason === "") return;
    throw new MisuseError(
      "close reason without a code: a Close body begins with one (RFC 6455 §5.5.1)",
    );
  }
  if (!Number.isInteger(code) || !isCloseCodeOnWire(code)) {
    throw new MisuseError(
      `close code ${String(code)} must not be in a Close frame (RFC 6455 §7.4): use 1000 to 1003, 1007 to 1014 or ` +
        "3000 to 4999, or 1005 for a Close without a code",
    );
  }
  if (typeof reason !== "string") throw new MisuseError("close reason must be a string");
  const octets = utf8Length(reason);
  if (octets > MAX_REASON_OCTETS) {
    throw new MisuseError(
      `close reason has ${octets} octets as UTF-8: a Close holds ${MAX_REASON_OCTETS} (RFC 6455 §5.5)`,
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
  connection.writing = Writing.CloseQueued;
}

/**
 * The peer's Close, whose payload is `bytes[start, end)`.
 * @returns the violation instead, with the index of the octet at fault, if its body breaks a rule.
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
    if (end - start === 1) return { kind: CloseViolation.CloseBodyOneOctet, index: start };
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
  // §5.5.1: "MUST send a Close frame in response", "typically echos the status code it received".
  if (connection.writing === Writing.Open) queueClose(connection, frame.code, "");
  // §1.4: what comes after a Close is discarded.
  stopReading(connection);
  // §7.1.1: the server ends the TCP connection, the client waits for that.
  if (connection.role.endsFirst) endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  return null;
}

/** §7.1.7, _Fail the WebSocket Connection_: say why, end our half, process nothing more. */
export function fail(connection: Connection, kind: WireViolation, offset: number): void {
  const violation = wireViolation(kind, offset);
  endingFacts(connection).violation = violation;
  if (connection.writing === Writing.Open) queueClose(connection, violation.closeCode, "");
  stopReading(connection);
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
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
  stopReading(connection);
  connection.reading = Reading.Finished;
  endWriting(connection);
  connection.closeAt = deadlineAfter(connection.now, connection.settings.timeouts.close);
  concludeIfFinished(connection);
}

/** Both halves at once: the transport is gone, a deadline has passed, or the host has had enough. */
export function finish(connection: Connection): void {
  stopReading(connection);
  connection.reading = Reading.Finished;
  connection.writing = Writing.Finished;
  dropOutput(connection.output);
  concludeIfFinished(connection);
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

function stopReading(connection: Connection): void {
  if (connection.reading === Reading.Frames) connection.reading = Reading.Discarding;
  connection.isQuick = false;
  // The opening handshake is over too, if that is where we are: it has been answered, or never will be.
  connection.handshakeAt = NEVER;
  connection.frameLeft = AT_HEADER;
  connection.control = null;
  if (connection.message !== null) {
    if (connection.message.gathered !== null) releaseBytes(connection.message.gathered);
    connection.message = null;
  }
  disposeSession(connection);
}

function endWriting(connection: Connection): void {
  if (connection.writing < Writing.Ending) connection.writing = Writing.Ending;
}

/** A session may hold memory outside the engine (zlib does): it ends with the last message that could need it. */
function disposeSession(connection: Connection): void {
  if (connection.session === null) return;
  connection.session.dispose();
  connection.session = null;
}

/** A point in time, or {@link NEVER} for a timeout of 0. */
export function deadlineAfter(now: number, timeout: number): number {
  return timeout === 0 ? NEVER : now + timeout;
}

/** Drops what nobody will read any more. */
export function drainDiscarded(connection: Connection): void {
  if (connection.reading !== Reading.Frames) discardInput(connection);
}
