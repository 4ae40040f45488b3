/**
 * A handler that stands between a transport and those who use it one after the other, so that a transport has one handler for its
 * whole life. While nobody listens, a relay keeps the calls that it gets.
 */
import { queueMicrotask } from "./globals.ts";
import type { TransportHandler } from "./transport.ts";

/** One call of a handler that a relay keeps for later. */
interface Kept {
  readonly byteCount: number;
  tell(handler: TransportHandler): void;
}

const INBOX_LENGTH = 65_536;

/** A handler in front of those that use one transport, one after the other. */
export class Relay implements TransportHandler {
  /** The handler that hears of everything at once. Null while calls are kept, or wait to be told. */
  private current: TransportHandler | null = null;
  /** The handler that gets what is kept. Null while nobody listens. */
  private next: TransportHandler | null = null;
  private readonly kept: Kept[] = [];
  private ownInbox: Uint8Array<ArrayBuffer> | null = null;

  /** From now on `handler` hears of everything. The kept calls come first, in a microtask. */
  passTo(handler: TransportHandler): void {
    this.next = handler;
    this.current = null;
    if (this.kept.length === 0) this.current = handler;
    else queueMicrotask(() => this.tellKept(handler));
  }

  /**
   * From now on nobody listens.
   * @param unread the bytes of the last chunk that the handler has not used. They stand before everything that comes.
   */
  hold(unread: Uint8Array): void {
    this.next = null;
    this.current = null;
    if (unread.length > 0) this.kept.unshift(keptData(unread));
  }

  /** How many bytes are kept. */
  get byteCount(): number {
    return this.kept.reduce((sum, { byteCount }) => sum + byteCount, 0);
  }

  private tellKept(handler: TransportHandler): void {
    // A handler may call `hold` or `passTo` while it is told: the rest is for the next one.
    while (this.next === handler && this.kept.length > 0) this.kept.shift()!.tell(handler);
    if (this.next === handler) this.current = handler;
  }

  /**
   * The relay has memory of its own, because a transport may ask for the memory only once, and each handler has another memory.
   */
  get inbox(): Uint8Array<ArrayBuffer> {
    this.ownInbox ??= new Uint8Array(INBOX_LENGTH);
    return this.ownInbox;
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }

  onData(chunk: Uint8Array): void {
    if (this.current === null) this.kept.push(keptData(chunk));
    else this.current.onData(chunk);
  }

  onEnd(): void {
    if (this.current === null) this.kept.push(END);
    else this.current.onEnd();
  }

  onDrain(): void {
    if (this.current === null) this.kept.push(DRAIN);
    else this.current.onDrain();
  }

  onClosed(error?: string): void {
    if (this.current !== null) this.current.onClosed(error);
    else this.kept.push({ byteCount: 0, tell: (handler) => handler.onClosed(error) });
  }
}

const END: Kept = { byteCount: 0, tell: (handler) => handler.onEnd() };
const DRAIN: Kept = { byteCount: 0, tell: (handler) => handler.onDrain() };

function keptData(chunk: Uint8Array): Kept {
  // A copy: the transport lends the chunk until the call returns.
  const bytes = new Uint8Array(chunk);
  return { byteCount: bytes.length, tell: (handler) => handler.onData(bytes) };
}
