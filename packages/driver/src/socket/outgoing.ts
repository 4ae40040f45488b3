/**
 * Messages on their way out, and those who wait for them: `send` for the transport to take its message, `ready` for room,
 * `ping` for its pong. A message that is sent in fragments keeps the others behind it (RFC 6455 §5.4).
 */
import {
  isPreparedMessage,
  MisuseError,
  type PreparedMessage,
  type SendResult,
  utf8Length,
} from "@sansocket/core";
import { ConnectionError } from "../errors.ts";
import type { Binding } from "./binding.ts";

/** What can be sent: text, octets, or a message that `prepare` has encoded. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | PreparedMessage;

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

/** What waits behind a message in fragments. */
type Behind =
  | { readonly data: Sendable; readonly octets: number; resolve: SendWaiter["resolve"] | null }
  | { start(): void; readonly octets: 0 };

export class Outgoing {
  private readonly binding: Binding;
  /** Octets that the transport has taken in all. */
  taken = 0;
  /** More is unsent than the peer can make use of: from the high mark up, until the low mark. */
  isPressured = false;
  private waiters: SendWaiter[] | null = null;
  private readyWaiters: (() => void)[] | null = null;
  private pings: PingWaiter[] | null = null;
  /** A message in fragments is under way. */
  private isStreaming = false;
  /** It waits for the transport. */
  private pieceWaiter: (() => void) | null = null;
  private behind: Behind[] | null = null;
  private behindOctets = 0;
  /** A Close that waits for what is behind a message in fragments. */
  private closeBehind: { readonly code: number; readonly reason: string } | null = null;
  /** When it waits no longer. ms */
  closeBehindAt: number = Number.POSITIVE_INFINITY;

  constructor(binding: Binding) {
    this.binding = binding;
  }

  /** Octets that the transport has not taken, those behind a message in fragments included. */
  get unsent(): number {
    return this.binding.endpoint.unsent + this.behindOctets;
  }

  write(data: Sendable): WriteResult {
    if (this.isStreaming) return this.writeBehind(data, null);
    const { binding } = this;
    const result = queueMessage(binding, data);
    if (result === "queued") return this.afterQueued();
    if (result === "full") this.failForUnsent(octetsOf(data));
    return "closed";
  }

  send(data: Sendable): Promise<"sent" | "closed"> {
    if (this.isStreaming) {
      return new Promise((resolve) => {
        if (this.writeBehind(data, resolve) === "closed") resolve("closed");
      });
    }
    if (this.write(data) === "closed") return Promise.resolve("closed");
    return this.whenTaken();
  }

  private whenTaken(): Promise<"sent" | "closed"> {
    const { binding } = this;
    if (binding.endpoint.unsent === 0) return Promise.resolve("sent");
    return new Promise((resolve) => {
      this.waiters ??= [];
      this.waiters.push({ position: binding.queuedTotal, resolve });
    });
  }

  private afterQueued(): "ok" | "pressure" {
    const { binding } = this;
    binding.queued();
    if (this.unsent <= binding.owner.behaviour.highMark)
      return this.isPressured ? "pressure" : "ok";
    this.isPressured = true;
    return "pressure";
  }

  private failForUnsent(octets: number): void {
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
    if (endpoint.unsent <= owner.behaviour.lowMark) this.resolvePiece();
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

  // ---- messages in fragments

  /**
   * Sends a message as its parts come, waiting where the peer does not keep up.
   * @returns "closed" when the connection was closed before its end, for whatever reason.
   */
  async sendStream(
    source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    type: "text" | "binary" | undefined,
  ): Promise<"sent" | "closed"> {
    await this.takeTurn();
    const { endpoint } = this.binding;
    let started: "text" | "binary" | null = null;
    let last: string | Uint8Array = NO_BYTES;
    try {
      for await (const part of source) {
        if (started === null) {
          started = type ?? (typeof part === "string" ? "text" : "binary");
          if (endpoint.startMessage(started) === "closed") return "closed";
        }
        last = part;
        for (const piece of pieces(part, this.largestPiece)) {
          if (!(await this.sendPiece(piece, false))) return "closed";
        }
      }
      if (started === null && endpoint.startMessage(type ?? "binary") === "closed") return "closed";
      // An empty fragment of the kind that came last: strings and octets may not part a character between them.
      if (!(await this.sendPiece(typeof last === "string" ? "" : NO_BYTES, true))) return "closed";
    } catch (cause) {
      const message = "what sendStream was reading from failed: the message cannot be finished";
      const error = new ConnectionError("source-failed", message, { cause });
      this.binding.fail(error, 1011, "");
      return "closed";
    } finally {
      this.endTurn();
    }
    return this.whenTaken();
  }

  /** As text a piece is three times as many octets; one has to fit where little is unsent. */
  private get largestPiece(): number {
    const { unsentLimit } = this.binding.owner.behaviour;
    return Math.max(1, Math.min(LARGEST_PIECE, Math.floor(unsentLimit / 4)));
  }

  private takeTurn(): Promise<void> {
    if (!this.isStreaming) {
      this.isStreaming = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.behind ??= [];
      this.behind.push({ start: resolve, octets: 0 });
    });
  }

  private async sendPiece(piece: string | Uint8Array, isFinal: boolean): Promise<boolean> {
    const { binding } = this;
    const { endpoint } = binding;
    for (;;) {
      const result = endpoint.sendFragment(piece, isFinal);
      if (result === "closed") return false;
      if (result === "queued") break;
      if (endpoint.unsent === 0) {
        this.failForUnsent(octetsOf(piece));
        return false;
      }
      await this.roomForPiece();
    }
    this.afterQueued();
    if (endpoint.unsent > binding.owner.behaviour.highMark) await this.roomForPiece();
    return true;
  }

  /** Not `ready`, which waits for the messages behind as well: they go out when this one has. */
  private roomForPiece(): Promise<void> {
    if (this.binding.info !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.pieceWaiter = resolve;
    });
  }

  private resolvePiece(): void {
    const { pieceWaiter } = this;
    this.pieceWaiter = null;
    pieceWaiter?.();
  }

  /** The message in fragments is over: what waited behind it goes out, up to the next one. */
  private endTurn(): void {
    this.isStreaming = false;
    const behind = this.behind ?? [];
    this.behind = null;
    this.behindOctets = 0;
    for (let index = 0; index < behind.length; index += 1) {
      const item = behind[index]!;
      if ("start" in item) {
        this.isStreaming = true;
        this.behind = behind.slice(index + 1);
        for (const { octets } of this.behind) this.behindOctets += octets;
        item.start();
        return;
      }
      const result = this.write(item.data);
      if (item.resolve === null) continue;
      if (result === "closed") item.resolve("closed");
      else this.whenTaken().then(item.resolve);
    }
    if (this.closeBehind !== null) this.closeNow();
  }

  private writeBehind(data: Sendable, resolve: SendWaiter["resolve"] | null): WriteResult {
    const { binding } = this;
    if (binding.endpoint.state !== "open" || this.closeBehind !== null) return "closed";
    const own = ownedCopy(data);
    const octets = octetsOf(own);
    if (this.unsent + octets > binding.owner.behaviour.unsentLimit) {
      this.failForUnsent(octets);
      return "closed";
    }
    this.behind ??= [];
    this.behind.push({ data: own, octets, resolve });
    this.behindOctets += octets;
    if (this.unsent > binding.owner.behaviour.highMark) this.isPressured = true;
    return this.isPressured ? "pressure" : "ok";
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
    const unanswered = pings.filter((ping) => ping.number > number);
    for (const ping of pings) {
      if (ping.number <= number) ping.resolve(binding.now - ping.at);
    }
    this.pings = unanswered.length === 0 ? null : unanswered;
  }

  get isPongAwaited(): boolean {
    return this.pings !== null;
  }

  // ---- the end

  /** Begins the closing handshake behind everything that was sent, at most `timeouts.close` later. */
  close(code: number, reason: string): void {
    const { binding } = this;
    const now = binding.tick();
    if (binding.info !== null) return;
    if (this.isStreaming && binding.endpoint.state === "open") {
      if (this.closeBehind !== null) return;
      this.closeBehind = { code, reason };
      const { closeTimeout } = binding.owner.behaviour;
      if (closeTimeout > 0) this.closeBehindAt = now + closeTimeout;
    } else {
      binding.endpoint.close(code, reason, now);
    }
    binding.queued();
  }

  /** What is behind a message in fragments has gone out, or has had its time. */
  closeNow(): void {
    const { binding, closeBehind } = this;
    if (closeBehind === null) return;
    this.closeBehind = null;
    this.closeBehindAt = Number.POSITIVE_INFINITY;
    binding.endpoint.close(closeBehind.code, closeBehind.reason, binding.tick());
    binding.queued();
  }

  ended(): void {
    this.closeBehindAt = Number.POSITIVE_INFINITY;
    for (const { resolve } of this.waiters ?? []) resolve("closed");
    for (const { resolve } of this.pings ?? []) resolve("closed");
    for (const item of this.behind ?? []) {
      if ("start" in item) item.start();
      else item.resolve?.("closed");
    }
    this.waiters = null;
    this.pings = null;
    this.behind = null;
    this.behindOctets = 0;
    this.resolvePiece();
    this.resolveReady();
  }
}

const NO_BYTES = new Uint8Array(0);

/** Fragments are at most so large: what waits for a slow peer is one of them, not the whole part. */
const LARGEST_PIECE = 65_536;

function* pieces(
  part: string | Uint8Array,
  largest: number,
): Generator<string | Uint8Array, void, undefined> {
  if (typeof part !== "string" && !(part instanceof Uint8Array)) {
    throw new MisuseError("sendStream takes parts that are strings or Uint8Arrays");
  }
  for (let at = 0; at < part.length; at += largest) {
    const end = at + largest;
    yield typeof part === "string" ? part.slice(at, end) : part.subarray(at, end);
  }
}

function queueMessage(binding: Binding, data: Sendable): SendResult {
  const { endpoint } = binding;
  if (typeof data === "string") return endpoint.sendText(data);
  if (data instanceof Uint8Array) return endpoint.sendBinary(data);
  if (isPreparedMessage(data)) return endpoint.sendPrepared(data);
  return endpoint.sendBinary(bytesOf(data));
}

/** @throws MisuseError for what is no octets. */
function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new MisuseError(
    `a message is a string, an ArrayBuffer, a view of one, or what prepare returned, not ${typeof data}`,
  );
}

function ownedCopy(data: Sendable): string | Uint8Array | PreparedMessage {
  if (typeof data === "string" || isPreparedMessage(data)) return data;
  return bytesOf(data).slice();
}

function octetsOf(data: Sendable): number {
  if (typeof data === "string") return utf8Length(data);
  return isPreparedMessage(data) ? data.payload.length : data.byteLength;
}
