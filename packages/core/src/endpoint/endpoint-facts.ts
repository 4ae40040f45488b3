/**
 * The facts of an endpoint: what can be asked at any time and changes nothing. Those of the current step hold until the
 * cursor moves on. They are a class of their own, below `Endpoint`, so that `events` can be typed against what it reads
 * without the machine that makes events: one class would be a circle of two files, and one file of 600 lines.
 */
import { MisuseError } from "../bytes/misuse-error.ts";
import { decodeUtf8 } from "../bytes/utf8-text.ts";
import { type Connection, Phase, Reading, unreadBytes, Writing } from "../connection/connection.ts";
import type { CloseFrame, Ended } from "../connection/ended.ts";
import type { WatchedFrame } from "../connection/frame-watch.ts";
import { setInputAside } from "../connection/input.ts";
import { readBy } from "../connection/progress.ts";
import type { Violation } from "../connection/violation.ts";
import type { ExtensionOffer } from "../extension/extension.ts";
import type { PlainHead, UpgradeHead } from "../handshake/request.ts";
import type { ServerResponse } from "../handshake/response.ts";
import type { ClientOpening } from "./client-opening.ts";
import type { Refusal, ServerOpening } from "./server-opening.ts";

/** Above this many bytes the host's decoder is worth the view that it needs. */
const HOST_DECODER_ABOVE = 16;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The facts of an {@link Endpoint}: of the step that its cursor stands on, and of its connection. */
export abstract class EndpointFacts {
  /** @internal Plain data, all of it; see `connection/connection.ts`. */
  protected readonly connection: Connection;
  /** @internal Dropped once the connection is open. */
  protected opening: ServerOpening | ClientOpening | null;

  /** @internal */
  protected constructor(connection: Connection, opening: ServerOpening | ClientOpening | null) {
    this.connection = connection;
    this.opening = opening;
  }

  // ---- facts of the step that the cursor stands on

  /**
   * The text message. Decoded at each call.
   * @throws what the host's decoder throws, and the runtime's RangeError for more text than its strings can hold: V8 ends
   * at 512 MiB. The bytes are still there, and the connection goes on.
   */
  get text(): string {
    const { connection } = this;
    if (connection.settings.pieces) {
      throw new MisuseError("with the option pieces, text comes as bytes: chunk from start to end");
    }
    const { eventStart, eventEnd, settings } = connection;
    const bytes = this.chunk;
    try {
      if (settings.host.decodeUtf8 !== undefined && eventEnd - eventStart > HOST_DECODER_ABOVE) {
        return settings.host.decodeUtf8(bytes.subarray(eventStart, eventEnd));
      }
      return decodeUtf8(bytes, eventStart, eventEnd);
    } catch (error) {
      // The host may let it pass and never pull again: what the thread shares is given back.
      setInputAside(connection);
      throw error;
    }
  }

  /**
   * The memory that holds the payload, from {@link start} to {@link end}: the engine's. The array that was answered may be
   * used until `next`, `setAside`, `abort` or another input is called; asked again, all three hold until the cursor moves
   * on. What lies outside that range is none of the caller's business.
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

  /** With the option `pieces`: the piece is the last of its message. Whole messages are always final. */
  get final(): boolean {
    return this.connection.message === null && this.connection.deferred === null;
  }

  /** The number of our ping that the pong answers, and with it every lower one; 0 if it answers none. */
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

  /** On a server, the request that the engine has refused by itself; null when it did not. */
  get refusal(): Refusal | null {
    return this.opening?.role === "server" ? this.opening.refusal : null;
  }

  /** The server's answer, on a client that is not open (yet): of a refusal with its body. */
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

  /** Facts about the end; null before it. */
  get ended(): Ended | null {
    return this.connection.ending?.ended ?? null;
  }

  /** The side of this endpoint. */
  get role(): "client" | "server" {
    return this.connection.role.name;
  }

  /** "open" as long as messages can be sent: also behind the peer's Close or a violation, until our Close is queued. */
  get state(): "opening" | "open" | "closing" | "ended" {
    const { ending, reading, writing } = this.connection;
    if (ending?.ended) return "ended";
    if (writing === Writing.CloseDue) return "open";
    if (writing !== Writing.Open || reading !== Reading.Frames) return "closing";
    return this.connection.phase === Phase.Opening ? "opening" : "open";
  }

  /** The subprotocol agreed on, "" if none. */
  get protocol(): string {
    return this.connection.agreed.protocol;
  }

  /** The extensions agreed on, with their parameters. */
  get extensions(): readonly ExtensionOffer[] {
    return this.connection.agreed.extensions;
  }

  /** Bytes queued or with the transport, and not yet taken by it. */
  get unsent(): number {
    return this.connection.output.queued + this.connection.output.lent;
  }

  /**
   * When a peer that reads 128 KiB within `timeouts.close`, the least that is expected, has read what the transport took,
   * but for the last 128 KiB; 0 where there is no more than that. The timers `idle`, `pong` and `close` begin no earlier.
   * ms
   */
  get readBy(): number {
    return readBy(this.connection);
  }

  /**
   * Bytes received and not pulled. While an application decides about a request they can only wait: a host stops reading
   * when there are more than `limits.undelivered` of them. At Idle on an open connection there are none: of the bytes
   * of a begun frame header nothing waits for the host.
   */
  get unread(): number {
    return unreadBytes(this.connection);
  }

  /** `Step.Text` and `Step.Binary` bring pieces, not whole messages. */
  get deliversPieces(): boolean {
    return this.connection.settings.pieces;
  }
}
