/**
 * An endpoint: the opening handshake and then the connection, as one machine (RFC 6455). A host holds one endpoint for each
 * connection.
 *
 * A turn is one input, `next()` until it answers Idle, then `transmit()`. Times are milliseconds of any clock that never
 * goes back. The engine drops fractions, and takes a time before the last one as the last one.
 */
import { requireBoolean, requireString } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { inboxBytes, requireInboxRead, takeInbox } from "../bytes/memory.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { abort, close, delayClose, loseTransport, releaseClose } from "../connection/closing.ts";
import { InputEnd, Phase, Reading, Writing } from "../connection/connection.ts";
import { sendPing, sendPong } from "../connection/control.ts";
import { checkedTime } from "../connection/deadline.ts";
import { endAfterEscape } from "../connection/escape.ts";
import { leaveEvent, offerChunk, offerInbox, setInputAside } from "../connection/input.ts";
import { type PreparedMessage, sendPrepared } from "../connection/prepared-message.ts";
import { nextStep } from "../connection/receiving.ts";
import {
  type SendResult,
  sendBinary,
  sendFragment,
  sendText,
  startMessage,
} from "../connection/sending.ts";
import { quickEcho } from "../connection/sending-quick.ts";
import { Step } from "../connection/step.ts";
import {
  advanceTime,
  expireTimers,
  heardFromPeer,
  nextDeadline,
  pauseTimers,
  resumeTimers,
} from "../connection/timers.ts";
import {
  leaveOpening,
  noteEndOfStream,
  openConnection,
  reportOpen,
} from "../connection/transitions.ts";
import { keep, sent, sentPart, type Transmission, transmit } from "../connection/transmission.ts";
import { EndpointFacts } from "./endpoint-facts.ts";
import type { OpeningRules, OpeningState } from "./opening.ts";
import type { AcceptOptions, AnswerOptions } from "./server-opening.ts";

/** One side of one connection. A turn is an input, `next` to `Step.Idle`, `transmit`; a command needs a turn too. */
export class Endpoint extends EndpointFacts {
  // ---- inputs: the reports of the host. An input never throws because of the peer.

  /**
   * Bytes from the peer have arrived. The engine borrows `chunk` until `next()` has answered Idle or {@link setAside} was
   * called, and neither writes to `chunk` nor keeps it. The engine ignores bytes that arrive when it reads no more frames.
   */
  receive(chunk: Uint8Array, now: number): void {
    if (!isBytes(chunk)) throw new MisuseError("receive takes a Uint8Array");
    if (this.hear(chunk.length, now)) offerChunk(this.connection, chunk);
  }

  /**
   * An array of 65,600 bytes into which a host may read a socket, in place of `receive`. All endpoints of the thread share
   * this array: no other endpoint may use the inbox between the read and the call of {@link received}.
   */
  get inbox(): Uint8Array<ArrayBuffer> {
    return inboxBytes(this.connection.settings.kernels);
  }

  /** The first `byteCount` bytes of the {@link inbox} are from the peer. */
  received(byteCount: number, now: number): void {
    requireInboxRead(byteCount);
    if (this.hear(byteCount, now)) offerInbox(this.connection, takeInbox(), byteCount);
  }

  /** The peer has ended its stream (TCP FIN). The host can still pull the bytes before the end. */
  endOfStream(now: number): void {
    this.advanceTime(now);
    noteEndOfStream(this.connection);
  }

  /**
   * The transport has closed in both directions. The host can still pull the bytes that were received before.
   * @param error the runtime's name of the error, for `ended.transportError`, for example "ECONNRESET". null: no error, or
   * an error without a name.
   */
  transportClosed(error: string | null, now: number): void {
    if (error !== null) requireString("error", error);
    this.advanceTime(now);
    loseTransport(this.connection, error);
  }

  /**
   * The time is `now`. The engine acts on every deadline that has passed. A call that comes early, or twice, changes
   * nothing.
   */
  handleTimeout(now: number): void {
    this.advanceTime(now);
    const { connection, opening, rules } = this;
    if (expireTimers(connection, connection.now) && opening !== null) {
      rules!.expire(connection, opening);
    }
  }

  /**
   * The host has stopped reading from the transport. The `pong` timer stands still, because no pong can arrive meanwhile.
   */
  pauseReading(now: number): void {
    this.advanceTime(now);
    pauseTimers(this.connection, this.connection.now);
  }

  /** The host reads again. */
  resumeReading(now: number): void {
    this.advanceTime(now);
    resumeTimers(this.connection, this.connection.now);
  }

  /** The transport has taken the whole last transmission. Its chunks belong to the engine again. */
  sent(now: number): void {
    this.advanceTime(now);
    sent(this.connection, this.connection.now);
  }

  /**
   * The transport has taken `byteCount` bytes more of the last transmission, and not all of it. The timers need this
   * report: without it, a peer that reads slowly looks dead. @throws MisuseError for more bytes than the transport has.
   */
  sentPart(byteCount: number, now: number): void {
    sentPart(this.connection, byteCount, checkedTime(now, this.connection.now));
  }

  /** The transport did not take all of the last transmission at once, and keeps its chunks until {@link sent}. */
  keep(): void {
    keep(this.connection);
  }

  // ---- commands: the wishes of the application. A mistake of the caller throws MisuseError and changes nothing.

  /**
   * Answers an upgrade request with 101.
   * @returns false when the decision is late: the peer has left, or the time has run out.
   * @throws MisuseError without an upgrade request, for a subprotocol that was not offered, for unsendable headers.
   */
  accept(options: AcceptOptions, now: number): boolean {
    const { connection } = this;
    const { opening, answers } = this.requireRequests("accept");
    const time = checkedTime(now, connection.now);
    const accepted = answers.accept(connection, opening, options);
    advanceTime(connection, time);
    if (accepted === null) return false;
    openConnection(connection, accepted.protocol, accepted.agreement);
    return true;
  }

  /**
   * Refuses an upgrade request with an HTTP answer, then ends the connection.
   * @returns false when the decision is late, as for {@link accept}.
   * @throws MisuseError without an upgrade request, for a status not in 300 to 599, for unsendable headers.
   */
  reject(status: number, options: AnswerOptions, now: number): boolean {
    return this.answer("reject", status, options, now);
  }

  /**
   * Answers a request that does not ask for a WebSocket, then ends the connection.
   * @returns false when the decision is late, as for {@link accept}.
   * @throws MisuseError without such a request, for a status not in 200 to 599, for unsendable headers.
   */
  respond(status: number, options: AnswerOptions, now: number): boolean {
    return this.answer("respond", status, options, now);
  }

  /**
   * Queues a text message. Lone surrogates are sent as U+FFFD.
   * @param compress false: an agreed extension does not transform the message. Default true: the extension decides.
   */
  sendText(text: string, compress: boolean = true): SendResult {
    this.requireOpened("sendText");
    return sendText(this.connection, text, compress);
  }

  /**
   * Queues `bytes[start, end)` as a binary message. The engine copies the bytes and never modifies them. See the option
   * `referenceFrom` for large messages.
   * @param compress as for {@link sendText}.
   */
  sendBinary(
    bytes: Uint8Array,
    start: number = 0,
    end?: number,
    compress: boolean = true,
  ): SendResult {
    if (quickEcho(this.connection, bytes, start, end)) return "queued";
    this.requireOpened("sendBinary");
    return sendBinary(this.connection, bytes, start, end, compress);
  }

  /** Queues a message that `prepareMessage` has encoded. Use it to send one message to many endpoints. */
  sendPrepared(message: PreparedMessage, compress: boolean = true): SendResult {
    this.requireOpened("sendPrepared");
    return sendPrepared(this.connection, message, compress);
  }

  /**
   * Starts a message in fragments (RFC 6455 §5.4). Control frames may stand between the fragments; other messages may not.
   */
  startMessage(type: "text" | "binary", compress: boolean = true): SendResult {
    this.requireOpened("startMessage");
    return startMessage(this.connection, type, compress);
  }

  /**
   * Queues the next fragment. A text message takes strings, or bytes that are valid UTF-8 when joined.
   * @param isFinal the message ends with this fragment.
   */
  sendFragment(data: string | Uint8Array, isFinal: boolean): SendResult {
    this.requireOpened("sendFragment");
    return sendFragment(this.connection, data, isFinal);
  }

  /**
   * Queues a ping with up to 125 bytes of payload. null: the payload is the number of the ping.
   * @returns the number of the ping; 0 when the connection is closing. The ping is answered when `pongOf` is this number or
   * a higher one. Of more than 64 unanswered pings, `pongOf` names only the newest 64.
   */
  ping(payload: Uint8Array | null, now: number): number {
    this.requireOpened("ping");
    return sendPing(this.connection, payload, false, checkedTime(now, this.connection.now));
  }

  /** Queues a pong that answers no ping (RFC 6455 §5.5.3). The engine itself answers pings. */
  pong(payload: Uint8Array | null = null): "queued" | "closed" {
    this.requireOpened("pong");
    return sendPong(this.connection, payload);
  }

  /**
   * Starts the closing handshake, behind the queued output. Messages can still arrive until the peer's Close.
   * @param code 1000 to 1003, 1007 to 1014, 3000 to 4999; or 1005 for a Close without a code.
   * @param reason at most 123 bytes as UTF-8.
   * @returns "closed" when the connection is closing already. A Close that was delayed is then queued, with its own code.
   */
  close(code: number, reason: string, now: number): "queued" | "closed" {
    this.requireOpened("close");
    const { connection } = this;
    const time = checkedTime(now, connection.now);
    return close(connection, code, reason, time);
  }

  /**
   * Call this at `Step.Closing` or `Step.Violation` to delay our Close, so that the application can answer the messages
   * before (RFC 6455 §5.5.1 allows the delay). The engine queues the Close at {@link releaseClose}, at `close`, or four
   * fifths of `timeouts.close` after the step. The engine reads no more input meanwhile.
   * @returns false when no Close is due: our Close was queued before, or the peer has neither closed nor broken a rule.
   */
  delayClose(): boolean {
    return delayClose(this.connection);
  }

  /**
   * Queues the Close that {@link delayClose} has delayed, behind all earlier output. Without a delayed Close the call does
   * nothing.
   */
  releaseClose(now: number): void {
    this.advanceTime(now);
    releaseClose(this.connection, this.connection.now);
  }

  /**
   * Ends the connection at once. The engine sends and delivers no more, and `transmit` tells the host to destroy the
   * transport.
   */
  abort(now: number): void {
    const { connection } = this;
    this.advanceTime(now);
    if (connection.ending?.ended) return;
    abort(connection);
  }

  // ---- outputs: the answers of the engine.

  /**
   * Moves the cursor to the next step. @returns {@link Step.Idle} when no step is left until the next input.
   * @throws the exceptions of an extension or of the host. The connection then ends with 1011, or with 1009 for a
   * RangeError: a message is larger than the runtime allows. The host may pull on to `Step.Ended`; the engine has given the
   * memory of the thread back in any case.
   */
  next(): Step {
    const { connection } = this;
    try {
      if (connection.phase === Phase.Open) return nextStep(connection);
      return this.nextOfOpening();
    } catch (error) {
      endAfterEscape(connection, error, connection.phase !== Phase.Opening);
      throw error;
    }
  }

  /**
   * Ends the turn early. The engine copies the unread bytes, and the chunk of `receive` belongs to the caller again.
   * @param isStepDone true: the host needs the facts of the current step no more. The engine then keeps no memory for the
   * step, which may be a message of `limits.message`. Default false: the facts hold until the cursor moves on.
   * @throws MisuseError for a value that is no boolean.
   */
  setAside(isStepDone: boolean = false): void {
    requireBoolean("isStepDone", isStepDone);
    if (isStepDone) leaveEvent(this.connection);
    setInputAside(this.connection);
  }

  /**
   * The next transmission for the transport. null: there is no output, or the transport still has the last transmission.
   */
  transmit(now: number): Transmission | null {
    this.advanceTime(now);
    return transmit(this.connection);
  }

  /** When to call {@link handleTimeout}, in ms of the host's clock; Infinity when never. */
  get deadline(): number {
    return nextDeadline(this.connection);
  }

  // ---- private

  private nextOfOpening(): Step {
    const { connection, opening } = this;
    if (connection.phase === Phase.Opening && opening !== null) {
      const step = this.rules!.step(connection, opening);
      if (step !== Step.Open) return step;
    }
    if (connection.phase === Phase.OpenDue) {
      reportOpen(connection);
      return Step.Open;
    }
    this.opening = null;
    this.rules = null;
    leaveOpening(connection);
    return nextStep(connection);
  }

  private answer(
    command: "reject" | "respond",
    status: number,
    options: AnswerOptions,
    now: number,
  ): boolean {
    const { connection } = this;
    const { opening, answers } = this.requireRequests(command);
    const time = checkedTime(now, connection.now);
    return answers.answer(connection, opening, command, status, options, time);
  }

  private requireRequests(command: string): {
    readonly opening: OpeningState;
    readonly answers: NonNullable<OpeningRules["answers"]>;
  } {
    const { opening, rules } = this;
    const answers = rules?.answers;
    if (opening !== null && answers) return { opening, answers };
    throw new MisuseError(`${command}: no request waits for an answer`);
  }

  private requireOpened(command: string): void {
    if (this.connection.phase !== Phase.Opening) return;
    const { reading, writing } = this.connection;
    if (reading !== Reading.Frames || writing !== Writing.Open) return;
    throw new MisuseError(`${command} before Step.Open: the opening handshake is not done`);
  }

  /** @returns false when the engine reads no more bytes from the peer. */
  private hear(byteCount: number, now: number): boolean {
    const { connection } = this;
    this.advanceTime(now);
    if (byteCount === 0) return false;
    heardFromPeer(connection, connection.now);
    return connection.reading === Reading.Frames && connection.inputEnd === InputEnd.Unknown;
  }

  private advanceTime(now: number): void {
    advanceTime(this.connection, now);
  }
}
