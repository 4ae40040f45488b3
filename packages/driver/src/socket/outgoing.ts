/**
 * Messages on their way out, and the calls that wait: `send` waits until the transport has taken its message, and `ready` waits
 * for room.
 */
import { checkClose, type SendResult } from "@sansocket/core";
import { ConnectionError, isMisuse } from "../errors.ts";
import { engineFailed } from "./escape.ts";
import type { Link } from "./link.ts";
import { type PartSource, Parts } from "./parts.ts";
import {
  lengthOfSendable,
  ownedCopy,
  payloadBytes,
  queueSendable,
  type Sendable,
} from "./sendable.ts";
import { type MessageType, Streaming, type StreamingHost } from "./streaming.ts";

/**
 * The result of a write. "ok": the message is queued. "pressure": the message is queued too, but the peer reads slowly.
 * "closed": the message is not queued.
 */
export type WriteResult = "ok" | "pressure" | "closed";

interface SendWaiter {
  /** The message is sent once the transport has taken this number of bytes in all. */
  readonly position: number;
  resolve(result: "sent" | "closed"): void;
}

export class Outgoing implements StreamingHost {
  private readonly link: Link;
  /** Number of bytes that the transport has taken in all, the opening handshake included. */
  taken = 0;
  /** More bytes are unsent than the peer can make use of. True from the high mark up, until the low mark is reached. */
  isPressured = false;
  private waiters: SendWaiter[] | null = null;
  private readyWaiters: (() => void)[] | null = null;
  /** A message in fragments is being sent, and other messages wait for its end; null almost always. */
  private streaming: Streaming | null = null;

  constructor(link: Link) {
    this.link = link;
  }

  // ---- facts

  /** Number of bytes that the transport has not taken, with the messages that wait for the end of a message in fragments. */
  get unsent(): number {
    return this.link.endpoint.unsent + (this.streaming?.bytes ?? 0);
  }

  /** A message that is queued now is sent once the transport has taken this number of bytes in all. */
  get queuedTotal(): number {
    return this.taken + this.link.endpoint.unsent;
  }

  /** A message in fragments is being sent, or waits. */
  get isStreaming(): boolean {
    return this.streaming !== null;
  }

  // ---- from the application

  write(data: Sendable, compress: boolean): WriteResult {
    if (this.streaming !== null) return this.writeBehind(this.streaming, data, compress, null);
    const result = this.queue(data, compress);
    if (result === "queued") return this.afterQueued();
    if (result === "full") this.failForUnsent(payloadBytes(data));
    return "closed";
  }

  /** The message waits until the message in fragments is sent: RFC 6455 §5.4 lets no other message come between fragments. */
  private writeBehind(
    streaming: Streaming,
    data: Sendable,
    compress: boolean,
    resolve: ((result: "sent" | "closed") => void) | null,
  ): WriteResult {
    if (!streaming.isOpen) return "closed";
    const own = ownedCopy(data);
    const bytes = payloadBytes(own);
    if (this.unsent + bytes > this.link.behaviour.unsentLimit) {
      this.failForUnsent(bytes);
      return "closed";
    }
    streaming.add(own, bytes, compress, resolve);
    return this.notePressure();
  }

  send(data: Sendable, compress: boolean): Promise<"sent" | "closed"> {
    const { streaming } = this;
    if (streaming !== null) {
      let resolve: SendWaiter["resolve"] = () => {};
      const sent = new Promise<"sent" | "closed">((own) => {
        resolve = own;
      });
      if (this.writeBehind(streaming, data, compress, resolve) === "closed") resolve("closed");
      return sent;
    }
    if (this.write(data, compress) === "closed") return Promise.resolve("closed");
    const sent = this.whenTaken();
    const pause = this.link.longRun.goesOn(lengthOfSendable(data));
    return pause === null ? sent : sent.then((result) => pause.then(() => result));
  }

  /** Resolves when no more bytes are unsent than the peer can make use of. */
  ready(): Promise<void> {
    if (!this.isPressured || this.link.info !== null) {
      return this.link.longRun.goesOn(0) ?? Promise.resolve();
    }
    return new Promise((resolve) => {
      this.readyWaiters ??= [];
      this.readyWaiters.push(resolve);
    });
  }

  sendStream(
    source: PartSource,
    type: MessageType | undefined,
    compress: boolean,
  ): Promise<"sent" | "closed"> {
    const isOpen = this.streaming?.isOpen ?? this.link.endpoint.state === "open";
    if (!isOpen) {
      new Parts(source).leave();
      return Promise.resolve("closed");
    }
    if (this.streaming !== null) return this.streaming.stream(source, type, compress);
    this.streaming = new Streaming(this.link, this);
    const sent = this.streaming.stream(source, type, compress);
    void this.streaming.run();
    return sent;
  }

  /** Begins the closing handshake after every queued message is sent, at most `timeouts.close` later. */
  close(code: number, reason: string): void {
    const { link } = this;
    checkClose(code, reason); // the Close may be queued later, when no caller is left to get an exception
    const now = link.tick();
    if (link.info !== null) return;
    if (this.streaming?.isOpen) this.streaming.close(code, reason, now);
    else if (this.streaming === null) link.endpoint.close(code, reason, now);
    link.queued();
  }

  /** A Close waits for the end of a message in fragments. */
  get isCloseAwaited(): boolean {
    return this.streaming !== null && this.streaming.closeAt !== Number.POSITIVE_INFINITY;
  }

  /** The time at which {@link closeNow} has work to do, ms. */
  get closeAt(): number {
    return this.streaming?.closeAt ?? Number.POSITIVE_INFINITY;
  }

  /** A Close that waits for the end of a message in fragments has waited long enough. */
  closeNow(): void {
    this.streaming?.closeNow();
  }

  // ---- for the stream

  queue(data: Sendable, compress: boolean): SendResult {
    // This method does not call `attempt`, because the path of every message should make no closure.
    try {
      return queueSendable(this.link.endpoint, data, compress);
    } catch (error) {
      return this.commandFailed(error);
    }
  }

  attempt(command: () => SendResult): SendResult {
    try {
      return command();
    } catch (error) {
      return this.commandFailed(error);
    }
  }

  /** @throws MisuseError. Any other exception ends the connection: an exception of an extension, or a lack of memory. */
  private commandFailed(error: unknown): "closed" {
    if (isMisuse(error)) throw error;
    engineFailed(this.link, error);
    return "closed";
  }

  /** A message was queued. @returns whether the peer has more bytes than the peer can make use of. */
  afterQueued(): "ok" | "pressure" {
    this.link.queued();
    return this.notePressure();
  }

  private notePressure(): "ok" | "pressure" {
    if (this.unsent > this.link.behaviour.highMark) this.isPressured = true;
    return this.isPressured ? "pressure" : "ok";
  }

  failForUnsent(byteCount: number): void {
    const limit = this.link.behaviour.unsentLimit;
    const message =
      byteCount > limit
        ? `a message of ${byteCount} bytes is more than limits.unsent, ${limit}: send it with sendStream, or raise the limit`
        : `${this.unsent} bytes wait for a peer that does not read, and limits.unsent allows no ${byteCount} more: heed ` +
          '"pressure" from write, or await send or ready';
    const error = new ConnectionError("unsent-limit", message);
    // Code 1008, policy violation: no other code of RFC 6455 §7.4.1 is nearer.
    this.link.fail(error, 1008, "too much unread");
  }

  /** Resolves when the transport has taken every byte that is queued now. */
  whenTaken(): Promise<"sent" | "closed"> {
    const { link } = this;
    // Dropped bytes no longer count as unsent.
    if (link.info !== null) return Promise.resolve("closed");
    if (link.endpoint.unsent === 0) return Promise.resolve("sent");
    return new Promise((resolve) => {
      this.waiters ??= [];
      this.waiters.push({ position: this.queuedTotal, resolve });
    });
  }

  /** Resolves when no message in fragments is being sent or waits, or when the connection is over. */
  whenStreamed(): Promise<void> {
    const { streaming } = this;
    if (streaming === null || this.link.info !== null) return Promise.resolve();
    return streaming.whenStreamed();
  }

  streamed(): void {
    const { streaming, link } = this;
    this.streaming = null;
    streaming!.done();
    streaming!.closeNow();
    // Our Close may have waited until the rest of the message was sent.
    link.tick();
    link.turn();
  }

  // ---- from the transport

  /** The transport gets bytes at `now`. */
  noteGiven(now: number): void {
    this.streaming?.noteGiven(now);
  }

  /** The transport has taken `byteCount` more bytes. @returns true when the pressure has ended. */
  noteTaken(byteCount: number): boolean {
    this.taken += byteCount;
    if (this.waiters !== null) this.resolveSent(this.waiters);
    const { endpoint, behaviour } = this.link;
    if (this.streaming !== null && endpoint.unsent <= behaviour.lowMark) {
      this.streaming.roomAgain();
    }
    if (!this.isPressured || this.unsent > behaviour.lowMark) return false;
    this.isPressured = false;
    this.resolveReady();
    return true;
  }

  private resolveSent(waiters: SendWaiter[]): void {
    let count = 0;
    while (count < waiters.length && waiters[count]!.position <= this.taken) {
      waiters[count]!.resolve("sent");
      count += 1;
    }
    if (count === waiters.length) this.waiters = null;
    else if (count > 0) waiters.splice(0, count);
  }

  private resolveReady(): void {
    const waiters = this.readyWaiters;
    this.readyWaiters = null;
    for (const resolve of waiters ?? []) resolve();
  }

  /** The transport is gone, and messages that came before still wait for the application. */
  lost(): void {
    this.isPressured = false;
    this.ended();
  }

  /** The connection is over. */
  ended(): void {
    for (const { resolve } of this.waiters ?? []) resolve("closed");
    this.waiters = null;
    this.streaming?.ended();
    this.resolveReady();
  }
}
