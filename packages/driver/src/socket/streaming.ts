/**
 * Messages in fragments, sent as their parts come, and the messages that wait for their end: RFC 6455 §5.4 lets no other
 * message come between fragments. The object exists from a `sendStream` until every waiting message has gone out.
 */
import type { SendResult } from "@sansocket/core";
import { ConnectionError } from "../errors.ts";
import type { Link } from "./link.ts";
import { EMPTY_PART, LARGEST_PIECE, type Part, type PartSource, Parts, pieces } from "./parts.ts";
import { payloadBytes, type Sendable } from "./sendable.ts";

export type MessageType = "text" | "binary";

/** The outgoing direction, as streaming sees it: streaming reports, and `outgoing` decides. */
export interface StreamingHost {
  queue(data: Sendable, compress: boolean): SendResult;
  /** Runs a command of the engine. An exception ends the connection, unless the exception is a mistake of the caller. */
  attempt(command: () => SendResult): SendResult;
  afterQueued(): void;
  failForUnsent(byteCount: number): void;
  whenTaken(): Promise<"sent" | "closed">;
  /** Every waiting message has gone out, and the Close that waited for the messages may go out. */
  streamed(): void;
}

type Resolve = (result: "sent" | "closed") => void;

interface WaitingMessage {
  readonly data: Sendable;
  readonly bytes: number;
  readonly compress: boolean;
  readonly resolve: Resolve | null;
}

interface WaitingSource {
  readonly source: PartSource;
  readonly type: MessageType | undefined;
  readonly compress: boolean;
  readonly resolve: Resolve;
}

export class Streaming {
  private readonly link: Link;
  private readonly host: StreamingHost;
  /** Number of bytes of the waiting messages. */
  bytes = 0;
  private waiting: (WaitingMessage | WaitingSource)[] = [];
  /** Lets the stream go on when the transport has room. */
  private whenRoom: (() => void) | null = null;
  /** The parts of the message that is being sent in fragments. */
  private parts: Parts | null = null;
  /** A Close that waits after the messages. */
  private closing: { readonly code: number; readonly reason: string } | null = null;
  /** The time at which a source last brought a part, or the Close began to wait, ms. */
  private broughtAt = 0;
  /** The time at which the transport last got bytes, ms. At that time the transport had taken all earlier bytes. */
  private givenAt = 0;
  /** Called when no message in fragments is being sent or waits, or when the connection is over. */
  private whenDone: (() => void)[] = [];

  constructor(link: Link, host: StreamingHost) {
    this.link = link;
    this.host = host;
  }

  // ---- from the application

  /** @returns "closed" when the connection was closed, for any reason, before the end of the message. */
  stream(
    source: PartSource,
    type: MessageType | undefined,
    compress: boolean,
  ): Promise<"sent" | "closed"> {
    return new Promise((resolve) => {
      this.waiting.push({ source, type, compress, resolve });
    });
  }

  /**
   * Adds a message that waits for the end of the stream.
   * @param data bytes that belong to the stream and do not change.
   * @param resolve called when the transport has taken the message.
   */
  add(data: Sendable, bytes: number, compress: boolean, resolve: Resolve | null): void {
    this.waiting.push({ data, bytes, compress, resolve });
    this.bytes += bytes;
  }

  /** Closes when every waiting message has gone out, or when for `timeouts.close` no more bytes have gone out. */
  close(code: number, reason: string, now: number): void {
    if (this.closing !== null) return;
    this.closing = { code, reason };
    this.broughtAt = now;
  }

  /** The time at which the Close stops waiting, ms. */
  get closeAt(): number {
    const { behaviour, endpoint } = this.link;
    const { closeTimeout } = behaviour;
    if (this.closing === null || closeTimeout === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.broughtAt, this.givenAt, endpoint.readBy) + closeTimeout;
  }

  /** Every waiting message has gone out, or the time for the messages has passed. */
  closeNow(): void {
    const { link, closing } = this;
    if (closing === null) return;
    this.closing = null;
    link.endpoint.close(closing.code, closing.reason, link.tick());
    link.queued();
  }

  /** The application can send more messages. */
  get isOpen(): boolean {
    return this.closing === null && this.link.endpoint.state === "open";
  }

  // ---- from the connection

  /** The transport gets bytes at `now`. */
  noteGiven(now: number): void {
    this.givenAt = now;
  }

  /** So few bytes are unsent that the stream can go on. */
  roomAgain(): void {
    const { whenRoom } = this;
    this.whenRoom = null;
    whenRoom?.();
  }

  /** The connection is over. The waiting messages find the end when their turn comes. */
  ended(): void {
    this.closing = null;
    this.parts?.leave();
    this.roomAgain();
    this.done();
  }

  /** Resolves at {@link done}. */
  whenStreamed(): Promise<void> {
    return new Promise((resolve) => {
      this.whenDone.push(resolve);
    });
  }

  /** No message is left to send, or none can be sent any more. */
  done(): void {
    const waiters = this.whenDone;
    this.whenDone = [];
    for (const resolve of waiters) resolve();
  }

  private room(): Promise<void> {
    if (this.link.info !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenRoom = resolve;
    });
  }

  // ---- one after the other

  /** Sends the waiting messages, and the messages that are added meanwhile. */
  async run(): Promise<void> {
    while (this.waiting.length > 0) {
      // Pieces are taken from the end of the array, so that no other piece moves.
      const batch = this.waiting.reverse();
      this.waiting = [];
      for (let item = batch.pop(); item !== undefined; item = batch.pop()) {
        let result = "source" in item ? await this.sendParts(item) : this.sendMessage(item);
        while (result === "full") {
          await this.room();
          result = this.sendMessage(item as WaitingMessage);
        }
        if (result === "closed") item.resolve?.("closed");
        else if (item.resolve !== null) this.host.whenTaken().then(item.resolve);
      }
    }
    this.host.streamed();
  }

  /** @returns "full" for a while, although the message was allowed to wait: the message before may have filled the transport. */
  private sendMessage({ data, bytes, compress }: WaitingMessage): SendResult {
    const result = this.host.queue(data, compress);
    if (result === "full") return result;
    this.bytes -= bytes;
    if (result === "queued") this.host.afterQueued();
    return result;
  }

  private async sendParts({ source, type, compress }: WaitingSource): Promise<"queued" | "closed"> {
    const parts = new Parts(source);
    this.parts = parts;
    try {
      return await this.sendAll(parts, type, compress);
    } catch (cause) {
      const message = "what sendStream was reading from failed: the message cannot be finished";
      this.link.fail(new ConnectionError("source-failed", message, { cause }), 1011, "");
      return "closed";
    } finally {
      this.parts = null;
      parts.leave();
    }
  }

  private async sendAll(
    parts: Parts,
    givenType: MessageType | undefined,
    compress: boolean,
  ): Promise<"queued" | "closed"> {
    const { endpoint } = this.link;
    if (endpoint.state !== "open") return "closed";
    const first = await parts.next();
    const type = givenType ?? (typeof first === "string" ? "text" : "binary");
    const started = this.host.attempt(() => endpoint.startMessage(type, compress));
    if (started !== "queued") return "closed";
    let last: Part = EMPTY_PART;
    for (let part = first; part !== null; part = await parts.next()) {
      last = part;
      for (const piece of pieces(part, this.largestPiece)) {
        if (!(await this.sendPiece(piece, false))) return "closed";
      }
    }
    // The last fragment is empty and has the type of the last part: a string and bytes may not share one character.
    const end = typeof last === "string" ? "" : EMPTY_PART;
    return (await this.sendPiece(end, true)) ? "queued" : "closed";
  }

  private async sendPiece(piece: Part, isFinal: boolean): Promise<boolean> {
    const { link, host } = this;
    const { endpoint } = link;
    for (;;) {
      const result = host.attempt(() => endpoint.sendFragment(piece, isFinal));
      if (result === "closed") return false;
      if (result === "queued") break;
      if (endpoint.unsent === 0) {
        host.failForUnsent(payloadBytes(piece));
        return false;
      }
      await this.room();
    }
    this.broughtAt = link.now;
    host.afterQueued();
    if (endpoint.unsent > link.behaviour.highMark) await this.room();
    const pause = link.longRun.goesOn(piece.length);
    if (pause !== null) await pause;
    return true;
  }

  /**
   * The largest length of a piece. As text, a piece can have three times as many bytes; one piece must fit into a small limit.
   */
  private get largestPiece(): number {
    const { unsentLimit } = this.link.behaviour;
    return Math.max(1, Math.min(LARGEST_PIECE, Math.floor(unsentLimit / 4)));
  }
}
