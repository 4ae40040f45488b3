/**
 * The states that all transports have in common, and the rules about the calls of a handler.
 *
 * A stream has two directions and a life. Each has a state of its own:
 *
 * ```
 *   reading:  Flowing <──pause, resume──> Pausing, Paused, Due        ──end of stream──> Ended
 *   writing:  Free <──write, taken──> Copied, Full                    ──endWrite──> Ending ──taken──> Ended
 *             a write or an end that fails ──> Failed
 *   life:     Handshaking ──TLS is agreed──> Open ──destroy──> Leaving ──onClosed──> Closed
 * ```
 *
 * No transport needs all these states: in one runtime the kernel takes a write at once, and in another a promise resolves later.
 * The class of a runtime extends {@link ConnectedStream} by the calls of that runtime.
 */
import { reasonOf } from "./dialing.ts";
import type { NetworkAddress, TlsFacts, Transport, TransportHandler } from "./transport.ts";

/** The states of the reading half. */
export const ReadState = {
  /** The runtime reads, and tells what arrives. */
  Flowing: 0,
  /** A read that was begun before the pause is under way. Its bytes are told. */
  Pausing: 1,
  /** No read is under way. */
  Paused: 2,
  /** A read begins in the next microtask. */
  Due: 3,
  /** The peer has ended its stream, or reading has failed. No read is under way. */
  Ended: 4,
} as const;
/** One of the states of the reading half. */
export type ReadState = (typeof ReadState)[keyof typeof ReadState];

/** The states of the writing half. */
export const WriteState = {
  /** Everything was taken, and `onDrain` is not awaited. */
  Free: 0,
  /**
   * A write is under way with a copy of the bytes, or with bytes that nobody writes again: the handler was told that they are
   * taken, and awaits nothing.
   */
  Copied: 1,
  /** The handler awaits `onDrain`. */
  Full: 2,
  /** The end stands behind everything written before, and the handler awaits `onDrain`. */
  Ending: 3,
  /** The peer is told, or will be, that we have ended our stream. */
  Ended: 4,
  /** A write or the end has failed. `onDrain` never comes; `onClosed` does. */
  Failed: 5,
} as const;
/** One of the states of the writing half. */
export type WriteState = (typeof WriteState)[keyof typeof WriteState];

/** The states of the stream as a whole. */
export const Life = {
  /** TLS is not agreed on yet. */
  Handshaking: 0,
  /** The stream is there for both sides. */
  Open: 1,
  /** The stream was let go of. Only `onClosed` is still called. */
  Leaving: 2,
  /** `onClosed` was called. */
  Closed: 3,
} as const;
/** One of the states of the stream as a whole. */
export type Life = (typeof Life)[keyof typeof Life];

/** The class that a transport of a runtime extends. */
export abstract class ConnectedStream implements Transport {
  /** The handler that is told what happens. A runtime's class reads this field at each call, because of {@link handOn}. */
  handler: TransportHandler;
  protected reading: ReadState = ReadState.Flowing;
  protected writing: WriteState = WriteState.Free;
  protected life: Life;
  /**
   * The first failure in either direction. Later ones are consequences of the first, and some runtimes call them orderly
   * ends.
   */
  protected failure: string | undefined = undefined;

  constructor(handler: TransportHandler, life: Life) {
    this.handler = handler;
    this.life = life;
  }

  handOn(handler: TransportHandler): void {
    this.handler = handler;
  }

  abstract write(chunks: readonly Uint8Array[], isConstant?: boolean): boolean;
  abstract destroy(): void;
  abstract pause(): void;
  abstract resume(): void;
  abstract readonly remoteAddress: NetworkAddress | null;
  abstract readonly tls: TlsFacts | null;

  /** Begins to end the writing half, and moves {@link writing} on. @returns as {@link Transport.endWrite} does. */
  protected abstract beginEnd(): boolean;

  endWrite(): boolean {
    if (this.hasLeft) return true;
    // Before the handshake of TLS is done, we can send the peer neither the end nor the bytes that stand before the end.
    if (this.isHandshaking) {
      this.destroy();
      return false;
    }
    return this.beginEnd();
  }

  protected get isHandshaking(): boolean {
    return this.life === Life.Handshaking;
  }

  /** The stream was let go of. */
  get hasLeft(): boolean {
    return this.life >= Life.Leaving;
  }

  /** The handshake of TLS is done. */
  secured(): void {
    if (this.life === Life.Handshaking) this.life = Life.Open;
  }

  /** A failure of the runtime. */
  failed(error: unknown): void {
    this.failure ??= reasonOf(error);
  }

  /** The peer has ended its stream. */
  peerEnded(): void {
    if (this.reading === ReadState.Ended) return;
    this.reading = ReadState.Ended;
    this.handler.onEnd();
  }

  /** The runtime has taken all that it was given. */
  protected taken(): void {
    const { writing } = this;
    if (writing === WriteState.Free || writing >= WriteState.Ended) return;
    this.writing = writing === WriteState.Ending ? WriteState.Ended : WriteState.Free;
    if (writing === WriteState.Copied || this.hasLeft || this.failure !== undefined) return;
    this.handler.onDrain();
  }

  /** The stream is gone in both directions. */
  closed(): void {
    if (this.life === Life.Closed) return;
    this.life = Life.Closed;
    this.handler.onClosed(this.failure);
  }
}
