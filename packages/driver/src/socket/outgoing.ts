/**
 * Messages on their way out, and those who wait for them: `send` for the transport to take its message, `ready` for room,
 * `ping` for its pong.
 */
import { checkClose, type SendResult } from "@sansocket/core";
import { ConnectionError, isMisuse } from "../errors.ts";
import type { Binding } from "./binding.ts";
import { engineFailed } from "./escape.ts";
import { octetsOf, queueMessage, type Sendable } from "./sendable.ts";
import { type MessageType, type PartSource, Parts, Streaming } from "./streaming.ts";

export type WriteResult = "ok" | "pressure" | "closed";

interface SendWaiter {
  /** Taken, once the transport has taken this many octets in all. */
  readonly position: number;
  resolve(result: "sent" | "closed"): void;
}

interface PingWaiter {
  readonly number: number;
  /** ms */
  readonly at: number;
  resolve(result: number | "closed"): void;
}

export class Outgoing {
  private readonly binding: Binding;
  /** Octets that the transport has taken in all. */
  taken = 0;
  /** More is unsent than the peer can make use of: from the high mark up, until the low mark. */
  isPressured = false;
  private waiters: SendWaiter[] | null = null;
  private readyWaiters: (() => void)[] | null = null;
  private pings: PingWaiter[] | null = null;
  /** A message in fragments is under way, and others wait behind it; null almost always. */
  streaming: Streaming | null = null;

  constructor(binding: Binding) {
    this.binding = binding;
  }

  /** Octets that the transport has not taken, those behind a message in fragments included. */
  get unsent(): number {
    return this.binding.endpoint.unsent + (this.streaming?.octets ?? 0);
  }

  write(data: Sendable, compress: boolean): WriteResult {
    if (this.streaming !== null) return this.streaming.write(data, compress, null);
    const result = this.queue(data, compress);
    if (result === "queued") return this.afterQueued();
    if (result === "full") this.failForUnsent(octetsOf(data));
    return "closed";
  }

  /** @throws MisuseError. Whatever else is thrown ends the connection: an extension that failed, no memory. */
  queue(data: Sendable, compress: boolean): SendResult {
    const { binding } = this;
    try {
      return queueMessage(binding.endpoint, data, compress);
    } catch (error) {
      if (isMisuse(error)) throw error;
      engineFailed(binding, error);
      return "closed";
    }
  }

  send(data: Sendable, compress: boolean): Promise<"sent" | "closed"> {
    const { streaming } = this;
    if (streaming !== null) {
      let resolve: SendWaiter["resolve"] = () => {};
      const sent = new Promise<"sent" | "closed">((own) => {
        resolve = own;
      });
      if (streaming.write(data, compress, resolve) === "closed") resolve("closed");
      return sent;
    }
    if (this.write(data, compress) === "closed") return Promise.resolve("closed");
    return this.whenTaken();
  }

  /** Resolves when everything that is queued now has been taken. */
  whenTaken(): Promise<"sent" | "closed"> {
    const { binding } = this;
    // What was dropped is not unsent any more.
    if (binding.info !== null) return Promise.resolve("closed");
    if (binding.endpoint.unsent === 0) return Promise.resolve("sent");
    return new Promise((resolve) => {
      this.waiters ??= [];
      this.waiters.push({ position: binding.queuedTotal, resolve });
    });
  }

  /** Something was queued. @returns whether the peer has more than it can make use of. */
  afterQueued(): "ok" | "pressure" {
    const { binding } = this;
    binding.queued();
    if (this.unsent <= binding.owner.behaviour.highMark)
      return this.isPressured ? "pressure" : "ok";
    this.isPressured = true;
    return "pressure";
  }

  failForUnsent(octets: number): void {
    const limit = this.binding.owner.behaviour.unsentLimit;
    const message =
      octets > limit
        ? `a message of ${octets} octets is more than limits.unsent, ${limit}: send it with sendStream, or raise the limit`
        : `${this.unsent} octets wait for a peer that does not read, and limits.unsent allows no ${octets} more: heed ` +
          '"pressure" from write, or await send or ready';
    const error = new ConnectionError("unsent-limit", message);
    // 1008, policy violation: the nearest that RFC 6455 §7.4.1 has.
    this.binding.fail(error, 1008, "too much unread");
  }

  /** Nothing is unsent beyond what the peer can make use of. */
  ready(): Promise<void> {
    if (!this.isPressured || this.binding.info !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.readyWaiters ??= [];
      this.readyWaiters.push(resolve);
    });
  }

  /** The transport has taken that many octets more. */
  noteTaken(octets: number): void {
    this.taken += octets;
    if (this.waiters !== null) this.resolveSent(this.waiters);
    const { endpoint, owner } = this.binding;
    if (this.streaming !== null && endpoint.unsent <= owner.behaviour.lowMark) {
      this.streaming.roomAgain();
    }
    if (!this.isPressured || this.unsent > owner.behaviour.lowMark) return;
    this.isPressured = false;
    this.resolveReady();
    this.binding.drained();
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

  sendStream(
    source: PartSource,
    type: MessageType | undefined,
    compress: boolean,
  ): Promise<"sent" | "closed"> {
    if (!this.isOpen) {
      new Parts(source).leave();
      return Promise.resolve("closed");
    }
    if (this.streaming !== null) return this.streaming.stream(source, type, compress);
    this.streaming = new Streaming(this.binding);
    const sent = this.streaming.stream(source, type, compress);
    void this.streaming.run();
    return sent;
  }

  private get isOpen(): boolean {
    return this.streaming?.isOpen ?? this.binding.endpoint.state === "open";
  }

  // ---- pings

  ping(payload: Uint8Array | null): Promise<number | "closed"> {
    const { binding } = this;
    const at = binding.tick();
    const number = binding.endpoint.ping(at, payload);
    if (number === 0) return Promise.resolve("closed");
    return new Promise((resolve) => {
      this.pings ??= [];
      this.pings.push({ number, at, resolve });
      binding.queued();
    });
  }

  /** A pong answers that ping and all before it. */
  answered(number: number): void {
    const { pings, binding } = this;
    if (pings === null || number === 0) return;
    let count = 0; // they stand in the order of their numbers
    while (count < pings.length && pings[count]!.number <= number) {
      pings[count]!.resolve(binding.now - pings[count]!.at);
      count += 1;
    }
    if (count === pings.length) this.pings = null;
    else if (count > 0) pings.splice(0, count);
  }

  /** Nothing more is read: whoever awaits a pong goes on. */
  noPongComes(): void {
    const { pings } = this;
    this.pings = null;
    for (const { resolve } of pings ?? []) resolve("closed");
  }

  get isPongAwaited(): boolean {
    return this.pings !== null;
  }

  // ---- the end

  /** Begins the closing handshake behind everything that was sent, at most `timeouts.close` later. */
  close(code: number, reason: string): void {
    const { binding } = this;
    checkClose(code, reason); // it may be queued later, when nobody can be told of a mistake
    const now = binding.tick();
    if (binding.info !== null) return;
    if (this.streaming?.isOpen) this.streaming.close(code, reason, now);
    else if (this.streaming === null) binding.endpoint.close(code, reason, now);
    binding.queued();
  }

  /** A Close waits behind a message in fragments. */
  get isCloseAwaited(): boolean {
    return this.streaming !== null && this.streaming.closeAt !== Number.POSITIVE_INFINITY;
  }

  /** When {@link closeNow} has something to do, ms. */
  get closeAt(): number {
    return this.streaming?.closeAt ?? Number.POSITIVE_INFINITY;
  }

  /** What a Close waits for behind a message in fragments has had its time. */
  closeNow(): void {
    this.streaming?.closeNow();
  }

  ended(): void {
    for (const { resolve } of this.waiters ?? []) resolve("closed");
    this.waiters = null;
    this.noPongComes();
    this.streaming?.ended();
    this.resolveReady();
  }
}
