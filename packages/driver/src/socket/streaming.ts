/**
 * Messages in fragments, sent as their parts come, and whatever waits behind them: RFC 6455 §5.4 lets no other message
 * come between fragments. Exists from a `sendStream` until everything behind it has gone out.
 */
import { isBytes, MisuseError, type SendResult } from "@sansocket/core";
import { ConnectionError, isMisuse } from "../errors.ts";
import type { Binding } from "./binding.ts";
import { engineFailed } from "./escape.ts";
import type { WriteResult } from "./outgoing.ts";
import { octetsOf, ownedCopy, type Sendable } from "./sendable.ts";

type Part = string | Uint8Array;
export type PartSource = AsyncIterable<Part> | Iterable<Part>;
export type MessageType = "text" | "binary";

type Resolve = (result: "sent" | "closed") => void;

interface WaitingMessage {
  readonly data: Sendable;
  readonly octets: number;
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
  private readonly binding: Binding;
  /** Octets of what waits. */
  octets = 0;
  private waiting: (WaitingMessage | WaitingSource)[] = [];
  /** Goes on when the transport has room. */
  private whenRoom: (() => void) | null = null;
  /** What is being sent in fragments. */
  private parts: Parts | null = null;
  /** A Close that waits too. */
  private closing: { readonly code: number; readonly reason: string } | null = null;
  /** When a source last brought something, or the Close began to wait. ms */
  private broughtAt = 0;

  constructor(binding: Binding) {
    this.binding = binding;
  }

  // ---- from the application

  /** @returns "closed" when the connection was closed before the message's end, for whatever reason. */
  stream(
    source: PartSource,
    type: MessageType | undefined,
    compress: boolean,
  ): Promise<"sent" | "closed"> {
    return new Promise((resolve) => {
      this.waiting.push({ source, type, compress, resolve });
    });
  }

  write(data: Sendable, compress: boolean, resolve: Resolve | null): WriteResult {
    const { binding } = this;
    const { outgoing } = binding;
    if (!this.isOpen) return "closed";
    const own = ownedCopy(data);
    const octets = octetsOf(own);
    const { highMark, unsentLimit } = binding.owner.behaviour;
    if (outgoing.unsent + octets > unsentLimit) {
      outgoing.failForUnsent(octets);
      return "closed";
    }
    this.waiting.push({ data: own, octets, compress, resolve });
    this.octets += octets;
    if (outgoing.unsent > highMark) outgoing.isPressured = true;
    return outgoing.isPressured ? "pressure" : "ok";
  }

  /** Closes when everything that waits has gone out, or when for `timeouts.close` no more of it has. */
  close(code: number, reason: string, now: number): void {
    if (this.closing !== null) return;
    this.closing = { code, reason };
    this.broughtAt = now;
  }

  /** When the Close waits no longer. ms */
  get closeAt(): number {
    const { endpoint, owner, writing } = this.binding;
    const { closeTimeout } = owner.behaviour;
    if (this.closing === null || closeTimeout === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.broughtAt, writing.givenAt, endpoint.readBy) + closeTimeout;
  }

  /** Everything that waited has gone out, or has had its time. */
  closeNow(): void {
    const { binding, closing } = this;
    if (closing === null) return;
    this.closing = null;
    binding.endpoint.close(closing.code, closing.reason, binding.tick());
    binding.queued();
  }

  /** More can be sent. */
  get isOpen(): boolean {
    return this.closing === null && this.binding.endpoint.state === "open";
  }

  // ---- from the connection

  /** Little enough is unsent to go on. */
  roomAgain(): void {
    const { whenRoom } = this;
    this.whenRoom = null;
    whenRoom?.();
  }

  /** The connection is over: what waits finds out by itself. */
  ended(): void {
    this.closing = null;
    this.parts?.leave();
    this.roomAgain();
  }

  private room(): Promise<void> {
    if (this.binding.info !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenRoom = resolve;
    });
  }

  // ---- one after the other

  /** Sends what waits, and what comes to wait meanwhile. */
  async run(): Promise<void> {
    while (this.waiting.length > 0) {
      // Taken from its end, an array lets go of what was sent, and nothing moves.
      const batch = this.waiting.reverse();
      this.waiting = [];
      for (let item = batch.pop(); item !== undefined; item = batch.pop()) {
        let result = "source" in item ? await this.sendParts(item) : this.sendMessage(item);
        while (result === "full") {
          await this.room();
          result = this.sendMessage(item as WaitingMessage);
        }
        if (result === "closed") item.resolve?.("closed");
        else if (item.resolve !== null) this.binding.outgoing.whenTaken().then(item.resolve);
      }
    }
    this.binding.outgoing.streaming = null;
    this.closeNow();
    this.binding.delivery.answered();
  }

  /** @returns "full" for a while: the message has been let in, and the one before it may have filled the transport. */
  private sendMessage({ data, octets, compress }: WaitingMessage): SendResult {
    const { outgoing } = this.binding;
    const result = outgoing.queue(data, compress);
    if (result === "full") return result;
    this.octets -= octets;
    if (result === "queued") outgoing.afterQueued();
    return result;
  }

  private async sendParts({ source, type, compress }: WaitingSource): Promise<"queued" | "closed"> {
    const parts = new Parts(source);
    this.parts = parts;
    try {
      return await this.sendAll(parts, type, compress);
    } catch (cause) {
      const message = "what sendStream was reading from failed: the message cannot be finished";
      this.binding.fail(new ConnectionError("source-failed", message, { cause }), 1011, "");
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
    const { binding } = this;
    const { endpoint } = binding;
    if (endpoint.state !== "open") return "closed";
    const first = await parts.next();
    const type = givenType ?? (typeof first === "string" ? "text" : "binary");
    if (this.attempt(() => endpoint.startMessage(type, compress)) !== "queued") return "closed";
    let last: Part = NO_BYTES;
    for (let part = first; part !== null; part = await parts.next()) {
      last = part;
      for (const piece of pieces(part, this.largestPiece)) {
        if (!(await this.sendPiece(piece, false))) return "closed";
      }
    }
    // An empty fragment of the kind that came last: strings and octets may not part a character between them.
    const end = typeof last === "string" ? "" : NO_BYTES;
    return (await this.sendPiece(end, true)) ? "queued" : "closed";
  }

  /** What is thrown but a mistake is no fault of the source: see {@link Outgoing.queue}. */
  private attempt(send: () => SendResult): SendResult {
    try {
      return send();
    } catch (error) {
      if (isMisuse(error)) throw error;
      engineFailed(this.binding, error);
      return "closed";
    }
  }

  private async sendPiece(piece: Part, isFinal: boolean): Promise<boolean> {
    const { binding } = this;
    const { endpoint, outgoing } = binding;
    for (;;) {
      const result = this.attempt(() => endpoint.sendFragment(piece, isFinal));
      if (result === "closed") return false;
      if (result === "queued") break;
      if (endpoint.unsent === 0) {
        outgoing.failForUnsent(octetsOf(piece));
        return false;
      }
      await this.room();
    }
    this.broughtAt = binding.now;
    outgoing.afterQueued();
    if (endpoint.unsent > binding.owner.behaviour.highMark) await this.room();
    return true;
  }

  /** As text a piece is three times as many octets; one has to fit where little is unsent. */
  private get largestPiece(): number {
    const { unsentLimit } = this.binding.owner.behaviour;
    return Math.max(1, Math.min(LARGEST_PIECE, Math.floor(unsentLimit / 4)));
  }
}

/** The parts of a source, which is asked for one at a time, and given up when nobody wants them any more. */
export class Parts {
  private readonly source: PartSource;
  private iterator: AsyncIterator<Part> | Iterator<Part> | null = null;
  /** It has ended or failed: there is nothing to give up. */
  private isOver = false;
  /** Answers the `next` that waits. */
  private resolve: ((part: null) => void) | null = null;

  constructor(source: PartSource) {
    this.source = source;
  }

  /** @returns null behind the last one, and when {@link leave} was called. */
  next(): Promise<Part | null> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.ask().then(resolve, reject);
    });
  }

  private async ask(): Promise<Part | null> {
    try {
      this.iterator ??= iteratorOf(this.source);
      const { done, value } = await this.iterator.next();
      this.isOver = done === true;
      return this.isOver ? null : await value; // a plain iterator may bring promises
    } catch (error) {
      this.isOver = true;
      throw error;
    }
  }

  /** Nobody waits for the source to agree: it may itself be waiting for something that never comes. */
  leave(): void {
    this.resolve?.(null);
    if (this.isOver) return;
    this.isOver = true;
    try {
      this.iterator ??= iteratorOf(this.source);
      Promise.resolve(this.iterator.return?.()).catch(() => {});
    } catch {
      // What is not wanted any more may fail as it likes.
    }
  }
}

function iteratorOf(source: PartSource): AsyncIterator<Part> | Iterator<Part> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return (source as Iterable<Part>)[Symbol.iterator]();
}

const NO_BYTES = new Uint8Array(0);

/** Fragments are at most so large: what waits for a slow peer is one of them, not the whole part. */
const LARGEST_PIECE = 65_536;

function* pieces(part: Part, largest: number): Generator<Part, void, undefined> {
  if (typeof part !== "string" && !isBytes(part)) {
    throw new MisuseError("sendStream takes parts that are strings or Uint8Arrays");
  }
  for (let at = 0; at < part.length; at += largest) {
    const end = at + largest;
    yield typeof part === "string" ? part.slice(at, end) : part.subarray(at, end);
  }
}
