/**
 * The facts of an endpoint. A host can ask for a fact at any time, and no fact changes the state. The facts of the current
 * step hold until the cursor moves on. The facts are the base class of `Endpoint`, because one file of both classes
 * would have 600 lines.
 */
import { ownArray } from "../bytes/growing-bytes.ts";
import { viewOf } from "../bytes/memory.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  type Connection,
  isSendable,
  Phase,
  Reading,
  unreadBytes,
  Writing,
} from "../connection/connection.ts";
import type { CloseFrame, Ended } from "../connection/ended.ts";
import type { WatchedFrame } from "../connection/frame-watch.ts";
import { setInputAside } from "../connection/input.ts";
import { readBy } from "../connection/progress.ts";
import type { Violation } from "../connection/violation.ts";
import type { ExtensionOffer } from "../extension/extension.ts";
import type { PlainHead, UpgradeHead } from "../handshake/request.ts";
import type { ServerResponse } from "../handshake/response.ts";
import type { OpeningRules, OpeningState } from "./opening.ts";
import type { Refusal } from "./server-opening.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The facts of an {@link Endpoint}: of the step that its cursor stands on, and of its connection. */
export abstract class EndpointFacts {
  /** @internal Plain data, all of it; see `connection/connection.ts`. */
  protected readonly connection: Connection;
  /** @internal null once the connection is open. */
  protected opening: OpeningState | null;
  /** @internal The functions that act on `opening`; null with it. */
  protected rules: OpeningRules | null;

  /** @internal */
  constructor(connection: Connection, opening: OpeningState | null, rules: OpeningRules | null) {
    this.connection = connection;
    this.opening = opening;
    this.rules = rules;
  }

  // ---- facts of the step that the cursor stands on

  /**
   * The text message. Each call decodes the message again.
   * @throws the exceptions of the host's decoder, and the runtime's RangeError for a text that is longer than its strings
   * can be (512 MiB in V8). The bytes stay, and the connection stays open.
   */
  get text(): string {
    const { connection } = this;
    if (connection.settings.pieces) {
      throw new MisuseError("with the option pieces, text comes as bytes: chunk from start to end");
    }
    const { eventStart, eventEnd, settings } = connection;
    const bytes = this.chunk;
    try {
      return settings.kernels.decodeUtf8(bytes, eventStart, eventEnd);
    } catch (error) {
      // The host may not catch the exception and never pull again, so the engine gives the memory of the thread back now.
      setInputAside(connection);
      throw error;
    }
  }

  /**
   * The engine's memory that holds the payload, from {@link start} to {@link end}. The caller may read this array until the
   * next call of `next`, `setAside`, `abort` or an input. After `setAside` or an input, ask for all three facts again: they
   * hold until the cursor moves on. The caller must not read outside the range.
   */
  get chunk(): Uint8Array<ArrayBufferLike> {
    const { eventBytes, memory } = this.connection;
    if (eventBytes !== null) return eventBytes;
    return memory === null ? NO_BYTES : memory.bytes;
  }

  /** The index in {@link chunk} at which the payload begins. */
  get start(): number {
    return this.connection.eventStart;
  }

  /** The index in {@link chunk} behind the payload. */
  get end(): number {
    return this.connection.eventEnd;
  }

  /**
   * The payload as a view of {@link chunk}, for a callee that takes an array. The view is valid as long as `chunk` is. It
   * costs less than `chunk.subarray(start, end)`, because the engine keeps the views of its memory, and so gives the same
   * view for another message later.
   */
  get view(): Uint8Array<ArrayBufferLike> {
    const { eventBytes, memory, eventStart, eventEnd } = this.connection;
    if (eventBytes !== null) return eventBytes.subarray(eventStart, eventEnd);
    return memory === null ? NO_BYTES : viewOf(memory, eventStart, eventEnd);
  }

  /**
   * The payload of the current step as an array of the caller's own, in a buffer of its own. Call it once at each step. It
   * is a copy, unless the option `handOver` let the engine gather the message in such an array.
   */
  ownBytes(): Uint8Array<ArrayBuffer> {
    const { delivered } = this.connection;
    const own = delivered === null ? null : ownArray(delivered);
    if (own !== null) return own;
    const { chunk, start, end } = this;
    // An extension may have produced the chunk. The `slice` of a Buffer, for example, makes no copy. Otherwise `slice` is the
    // cheapest copy of few bytes: 38 ns for 64 bytes, against 60 ns for a new array and `set` (Node 20).
    if (chunk.constructor !== Uint8Array) return new Uint8Array(chunk.subarray(start, end));
    return (chunk as Uint8Array<ArrayBuffer>).slice(start, end);
  }

  /** Whether this piece is the last of its message (option `pieces`). A whole message is always final. */
  get final(): boolean {
    return this.connection.message === null && this.connection.deferred === null;
  }

  /** The number of our ping that the pong answers; the pong answers every lower number too. 0: the pong answers none. */
  get pongOf(): number {
    return this.connection.keepalive?.pongOf ?? 0;
  }

  /** The watched frame at `Step.Frame`. */
  get frame(): WatchedFrame | null {
    return this.connection.watch?.current ?? null;
  }

  // ---- facts of the connection

  /** The request that waits for an answer, or was refused; null on clients and once the connection is open. */
  get request(): UpgradeHead | PlainHead | null {
    return this.opening?.role === "server" ? this.opening.request : null;
  }

  /** On a server, the request that the engine itself has refused; null without such a request. */
  get refusal(): Refusal | null {
    return this.opening?.role === "server" ? this.opening.refusal : null;
  }

  /** The server's answer, on a client, until the connection is open. A refusal has its body. */
  get response(): ServerResponse | null {
    return this.opening?.role === "client" ? this.opening.response : null;
  }

  /** The peer's Close, once it has arrived. */
  get peerClose(): CloseFrame | null {
    return this.connection.ending?.peerClose ?? null;
  }

  /** The rule that the peer broke, once it has. */
  get violation(): Violation | null {
    return this.connection.ending?.violation ?? null;
  }

  /** The facts about the end; null before the end. */
  get ended(): Ended | null {
    return this.connection.ending?.ended ?? null;
  }

  /** The side of this endpoint. */
  get role(): "client" | "server" {
    return this.connection.role.name;
  }

  /**
   * "open" as long as messages can be sent. The state stays "open" behind the peer's Close or a violation until our Close
   * is queued. The state is "closing" when the transport has closed and input from before is not pulled yet.
   */
  get state(): "opening" | "open" | "closing" | "ended" {
    const { connection } = this;
    const { ending, phase, reading, writing } = connection;
    if (ending?.ended) return "ended";
    if (phase !== Phase.Opening && !isSendable(connection)) return "closing";
    if (writing === Writing.CloseDue) return "open";
    if (writing !== Writing.Open || reading !== Reading.Frames) return "closing";
    return phase === Phase.Opening ? "opening" : "open";
  }

  /** The subprotocol agreed on, "" if none. */
  get protocol(): string {
    return this.connection.agreed.protocol;
  }

  /** The extensions agreed on, with their parameters. */
  get extensions(): readonly ExtensionOffer[] {
    return this.connection.agreed.extensions;
  }

  /** Bytes that are queued or with the transport, and that the transport has not taken yet. */
  get unsent(): number {
    return this.connection.output.queued + this.connection.output.lent;
  }

  /**
   * When a slow peer has read all bytes that the transport took, except the last 128 KiB. A slow peer here reads 128 KiB
   * within `timeouts.close`, the least that the engine expects. The timers `idle`, `pong` and `close` begin no earlier. 0
   * when the transport took no more than 128 KiB lately. ms
   */
  get readBy(): number {
    return readBy(this.connection);
  }

  /**
   * Bytes that were received and not pulled. They wait while an application decides about a request; a host stops reading
   * above `limits.undelivered` bytes. At Idle on an open connection the number is 0: the bytes of a begun frame header do
   * not count, because only more input completes the header.
   */
  get unread(): number {
    return unreadBytes(this.connection);
  }

  /** `Step.Text` and `Step.Binary` bring pieces, not whole messages. */
  get deliversPieces(): boolean {
    return this.connection.settings.pieces;
  }
}
