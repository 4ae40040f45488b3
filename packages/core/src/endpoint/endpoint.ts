/**
 * An endpoint: the opening handshake and then the connection, as one machine (RFC 6455). What hosts hold.
 *
 * A turn is one input, `next()` until it answers Idle, then `transmit()`. Times are milliseconds of any clock that never
 * goes back; fractions are dropped, and an earlier time than the last counts as the last.
 */
import { requireString } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { inboxBytes, requireInboxRead, takeInbox } from "../bytes/memory.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { abort, close, delayClose, loseTransport, releaseClose } from "../connection/closing.ts";
import { createConnection, InputEnd, Phase, Reading, Writing } from "../connection/connection.ts";
import { sendPing, sendPong } from "../connection/control.ts";
import { checkedTime } from "../connection/deadline.ts";
import { endAfterEscape } from "../connection/escape.ts";
import { offerChunk, offerInbox, setInputAside } from "../connection/input.ts";
import { type PreparedMessage, sendPrepared } from "../connection/prepared-message.ts";
import { nextStep } from "../connection/receiving.ts";
import { CLIENT, SERVER } from "../connection/role.ts";
import {
  type SendResult,
  sendBinary,
  sendFragment,
  sendText,
  startMessage,
} from "../connection/sending.ts";
import type { ConnectionOptions, Settings } from "../connection/settings.ts";
import { Step } from "../connection/step.ts";
import {
  advanceTime,
  expireTimers,
  heardFromPeer,
  nextDeadline,
  pauseTimers,
  resumeTimers,
  startHandshakeTimer,
} from "../connection/timers.ts";
import {
  leaveOpening,
  noteEndOfStream,
  openConnection,
  reportOpen,
} from "../connection/transitions.ts";
import { keep, sent, sentPart, type Transmission, transmit } from "../connection/transmission.ts";
import {
  createClientOpening,
  expireClientOpening,
  startClientOpening,
  stepClientOpening,
} from "./client-opening.ts";
import { EndpointFacts } from "./endpoint-facts.ts";
import {
  type Agreed,
  type ClientEndpointOptions,
  type ClientSettings,
  checkedOpening,
  clientSettings,
  type ServerEndpointOptions,
  type ServerSettings,
  serverSettings,
} from "./endpoint-options.ts";
import { type EndpointEvent, eventsOf } from "./events.ts";
import {
  type AcceptOptions,
  type AnswerOptions,
  acceptUpgrade,
  answerRequest,
  createServerOpening,
  expireServerOpening,
  stepServerOpening,
} from "./server-opening.ts";

/** One side of one connection. A turn is an input, `next` to `Step.Idle`, `transmit`; a command needs a turn too. */
export class Endpoint extends EndpointFacts {
  /**
   * A server's side of a connection that a client has just made.
   * @throws MisuseError for options that are wrong.
   */
  static server(options: ServerEndpointOptions | ServerSettings, now: number): Endpoint {
    const settings = serverSettings(options);
    const connection = createConnection(SERVER, settings, checkedTime(now, 0));
    startHandshakeTimer(connection);
    return new Endpoint(connection, createServerOpening(settings));
  }

  /**
   * A client's side of a transport that was just connected to the host of `options.url`; the request is queued.
   * @throws MisuseError for options that are wrong.
   */
  static client(options: ClientEndpointOptions | ClientSettings, now: number): Endpoint {
    const settings = clientSettings(options);
    const { opening, head } = createClientOpening(settings);
    const connection = createConnection(CLIENT, settings, checkedTime(now, 0));
    startHandshakeTimer(connection);
    startClientOpening(connection, head);
    return new Endpoint(connection, opening);
  }

  /**
   * An endpoint behind an opening handshake that somebody else made: an HTTP server's upgrade, an HTTP/2 stream. The
   * first input is what followed the handshake.
   * @throws MisuseError for another role, for what is no agreement, for options that are wrong.
   */
  static open(
    role: "client" | "server",
    agreed: Agreed,
    options: ConnectionOptions | Settings,
    now: number,
  ): Endpoint {
    const { protocol, agreement, settings } = checkedOpening(role, agreed, options);
    const time = checkedTime(now, 0);
    const connection = createConnection(role === "server" ? SERVER : CLIENT, settings, time);
    openConnection(connection, protocol, agreement);
    return new Endpoint(connection, null);
  }

  // ---- inputs: what the host tells the engine. They never throw because of the peer.

  /**
   * Bytes from the peer. `chunk` is borrowed until `next()` has answered Idle (or {@link setAside}); it is neither
   * written nor kept. Ignored when the peer has nothing more to say that matters.
   */
  receive(chunk: Uint8Array, now: number): void {
    if (!isBytes(chunk)) throw new MisuseError("receive takes a Uint8Array");
    if (this.hear(chunk.length, now)) offerChunk(this.connection, chunk);
  }

  /**
   * Where a host may read a socket into, in place of `receive`: up to 65,536 bytes. One array for all endpoints of the
   * thread: read into it and call {@link received} without letting another endpoint do the same in between.
   */
  get inbox(): Uint8Array<ArrayBuffer> {
    return inboxBytes();
  }

  /** The first `byteCount` bytes of the {@link inbox} are from the peer. */
  received(byteCount: number, now: number): void {
    requireInboxRead(byteCount);
    if (this.hear(byteCount, now)) offerInbox(this.connection, takeInbox(), byteCount);
  }

  /** The peer has ended its stream (TCP FIN); what it sent before is still pulled. */
  endOfStream(now: number): void {
    this.advanceTime(now);
    noteEndOfStream(this.connection);
  }

  /**
   * The transport is gone, in both directions; what was received before is still pulled.
   * @param error what the runtime calls it, for `ended.transportError`: "ECONNRESET" and the like; null: it has no name.
   */
  transportClosed(error: string | null, now: number): void {
    if (error !== null) requireString("error", error);
    this.advanceTime(now);
    loseTransport(this.connection, error);
  }

  /** It is that late. Does what was due by then; early or twice, nothing. */
  handleTimeout(now: number): void {
    this.advanceTime(now);
    const { connection, opening } = this;
    if (!expireTimers(connection, connection.now) || opening === null) return;
    if (opening.role === "server") expireServerOpening(connection, opening);
    else expireClientOpening(connection, opening);
  }

  /** The host has stopped reading from the transport: a pong cannot be expected meanwhile. */
  pauseReading(now: number): void {
    this.advanceTime(now);
    pauseTimers(this.connection, this.connection.now);
  }

  /** The host reads again. */
  resumeReading(now: number): void {
    this.advanceTime(now);
    resumeTimers(this.connection, this.connection.now);
  }

  /** The transport has taken the whole last transmission; its chunks are the engine's again. */
  sent(now: number): void {
    this.advanceTime(now);
    sent(this.connection, this.connection.now);
  }

  /**
   * The transport has taken `byteCount` bytes more of the last transmission, and not all of it: for the timers, so that a
   * peer who reads slowly is not taken for dead. Throws MisuseError for more than is out.
   */
  sentPart(byteCount: number, now: number): void {
    sentPart(this.connection, byteCount, checkedTime(now, this.connection.now));
  }

  /** The transport did not take all of the last transmission at once, and keeps its chunks until {@link sent}. */
  keep(): void {
    keep(this.connection);
  }

  // ---- commands: what the application wants. A mistake throws MisuseError and changes nothing.

  /**
   * Answers an upgrade request with 101.
   * @returns false when it is too late: the peer has left, or time ran out.
   * @throws MisuseError without an upgrade request, for a subprotocol that was not offered, for unsendable headers.
   */
  accept(options: AcceptOptions, now: number): boolean {
    const { connection, opening } = this;
    if (opening?.role !== "server") throw new MisuseError("accept: no request waits for an answer");
    const time = checkedTime(now, connection.now);
    const accepted = acceptUpgrade(connection, opening, options);
    advanceTime(connection, time);
    if (accepted === null) return false;
    openConnection(connection, accepted.protocol, accepted.agreement);
    return true;
  }

  /**
   * Refuses an upgrade request with an HTTP answer, then ends the connection.
   * @returns false when it is too late.
   * @throws MisuseError without an upgrade request, for a status not in 300 to 599, for unsendable headers.
   */
  reject(status: number, options: AnswerOptions, now: number): boolean {
    return this.answer("reject", status, options, now);
  }

  /**
   * Answers a request that does not ask for a WebSocket, then ends the connection.
   * @returns false when it is too late.
   * @throws MisuseError without such a request, for a status not in 200 to 599, for unsendable headers.
   */
  respond(status: number, options: AnswerOptions, now: number): boolean {
    return this.answer("respond", status, options, now);
  }

  /**
   * Queues a text message. Lone surrogates are sent as U+FFFD.
   * @param compress false: an extension that was agreed on leaves the message as it is. Default true: the extension decides.
   */
  sendText(text: string, compress: boolean = true): SendResult {
    this.requireOpened("sendText");
    return sendText(this.connection, text, compress);
  }

  /**
   * Queues `bytes[start, end)` as a binary message. The bytes are copied, and never modified; see the option
   * `referenceFrom` for large ones.
   * @param compress as for {@link sendText}.
   */
  sendBinary(
    bytes: Uint8Array,
    start: number = 0,
    end?: number,
    compress: boolean = true,
  ): SendResult {
    this.requireOpened("sendBinary");
    return sendBinary(this.connection, bytes, start, end, compress);
  }

  /** Queues a message that `prepareMessage` has encoded: for one message to many endpoints. */
  sendPrepared(message: PreparedMessage, compress: boolean = true): SendResult {
    this.requireOpened("sendPrepared");
    return sendPrepared(this.connection, message, compress);
  }

  /** Begins a message in fragments (RFC 6455 §5.4). Control frames may go between them, other messages may not. */
  startMessage(type: "text" | "binary", compress: boolean = true): SendResult {
    this.requireOpened("startMessage");
    return startMessage(this.connection, type, compress);
  }

  /**
   * Queues the next fragment. A text message takes strings, or bytes that are UTF-8 when joined.
   * @param isFinal the message ends with it.
   */
  sendFragment(data: string | Uint8Array, isFinal: boolean): SendResult {
    this.requireOpened("sendFragment");
    return sendFragment(this.connection, data, isFinal);
  }

  /**
   * Queues a ping, with up to 125 bytes of payload; with null the payload is the ping's number.
   * @returns its number, which `pongOf` will name or pass; 0 when the connection is closing. While more than 64 are
   * unanswered, the oldest are told as passed only.
   */
  ping(payload: Uint8Array | null, now: number): number {
    this.requireOpened("ping");
    return sendPing(this.connection, payload, false, checkedTime(now, this.connection.now));
  }

  /** Queues a pong that answers nothing (RFC 6455 §5.5.3). Pings are answered by the engine. */
  pong(payload: Uint8Array | null = null): "queued" | "closed" {
    this.requireOpened("pong");
    return sendPong(this.connection, payload);
  }

  /**
   * Begins the closing handshake, behind what is queued. Messages go on arriving until the peer's Close.
   * @param code 1000 to 1003, 1007 to 1014, 3000 to 4999; or 1005 for none.
   * @param reason at most 123 bytes as UTF-8.
   * @returns "closed" when the connection is closing already. A Close that was delayed goes out then, with its own code.
   */
  close(code: number, reason: string, now: number): "queued" | "closed" {
    this.requireOpened("close");
    const { connection } = this;
    const time = checkedTime(now, connection.now);
    return close(connection, code, reason, time);
  }

  /**
   * At `Step.Closing` and `Step.Violation`: keeps our Close back when the cursor moves on, so that messages which came before
   * can still be answered (RFC 6455 §5.5.1 allows it). It goes out at {@link releaseClose}, at `close`, or when four fifths
   * of `timeouts.close` have passed since the step. Nothing more is read meanwhile.
   * @returns false when no Close is due: ours was queued before, or there is none to send.
   */
  delayClose(): boolean {
    return delayClose(this.connection);
  }

  /** Queues the Close that {@link delayClose} kept back, behind everything that was sent. Nothing if there is none. */
  releaseClose(now: number): void {
    this.advanceTime(now);
    releaseClose(this.connection, this.connection.now);
  }

  /** Ends the connection at once: nothing more is sent or delivered, the transport is to be destroyed. */
  abort(now: number): void {
    const { connection } = this;
    this.advanceTime(now);
    if (connection.ending?.ended) return;
    abort(connection);
  }

  // ---- outputs: what the engine tells the host.

  /**
   * What happened next; {@link Step.Idle} when nothing more happens until the next input.
   * @throws what an extension or the host throws. The connection ends with 1011 then (1009 for a RangeError: a message is
   * larger than the runtime allows); pull on to `Step.Ended`, or not: no memory of the thread is held.
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

  /** The same as objects that are the receiver's own. */
  events(): Generator<EndpointEvent, void, undefined> {
    return eventsOf(this);
  }

  /** Ends the turn early: what was not pulled is copied, and the chunk given to `receive` is the caller's again. */
  setAside(): void {
    setInputAside(this.connection);
  }

  /** What to hand to the transport now; null when there is nothing, or it still has the last transmission. */
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
      if (opening.role === "server") return stepServerOpening(connection, opening);
      const step = stepClientOpening(connection, opening);
      if (step !== Step.Open) return step;
      const { protocol, agreement } = opening.accepted!;
      openConnection(connection, protocol, agreement);
    }
    if (connection.phase === Phase.OpenDue) {
      reportOpen(connection);
      return Step.Open;
    }
    this.opening = null;
    leaveOpening(connection);
    return nextStep(connection);
  }

  private answer(
    command: "reject" | "respond",
    status: number,
    options: AnswerOptions,
    now: number,
  ): boolean {
    const { connection, opening } = this;
    if (opening?.role !== "server") {
      throw new MisuseError(`${command}: no request waits for an answer`);
    }
    const time = checkedTime(now, connection.now);
    return answerRequest(connection, opening, command, status, options, time);
  }

  private requireOpened(command: string): void {
    if (this.connection.phase !== Phase.Opening) return;
    const { reading, writing } = this.connection;
    if (reading !== Reading.Frames || writing !== Writing.Open) return;
    throw new MisuseError(`${command} before Step.Open: the opening handshake is not done`);
  }

  /** @returns whether bytes from the peer still matter. */
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
