/** A pair of web byte streams as a transport: sockets of workers and workerd, Deno.Conn, WebTransport, or two ends in memory. */

import { isBytes, MisuseError } from "@sansocket/core";
import { aFunction, shown } from "../option-kinds.ts";
import { reasonOf } from "../runtime/dialing.ts";
import { queueMicrotask } from "../runtime/globals.ts";
import { joined } from "../runtime/joined-chunks.ts";
import type {
  NetworkAddress,
  OpenTransport,
  TlsFacts,
  Transport,
  TransportHandler,
} from "../runtime/transport.ts";

/** One connection: what the peer sends is read from `readable`, and what is written to `writable` goes to the peer. */
export interface ByteStreams {
  /** Its end is the peer's end of stream. Chunks are Uint8Arrays. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Closing it must end only this direction. What is written to it is never used again on this side, so that it may be
   * transferred; the queuing strategy decides how much it holds before we wait.
   */
  readonly writable: WritableStream<Uint8Array>;
  /** What the socket's `remoteAddress` says. Default null. */
  readonly remoteAddress?: NetworkAddress | null;
  /** What the socket's `tls` says. Default null. */
  readonly tls?: TlsFacts | null;
  /**
   * Called once, when nothing of the connection is needed any more, in whatever way it has ended. For that which is behind
   * both streams and outlives them: sockets of workerd and Deno.Conn have such a method, and need it. What it throws, or
   * rejects with, is passed over.
   */
  close?(): unknown;
}

/**
 * Web streams as a transport, for `server.accept` and for `connect`'s option `socket`. Both streams are locked from the
 * moment it is opened.
 * @throws MisuseError for what is no such pair; and when it is opened and somebody else has locked one of them.
 */
export function fromStreams(streams: ByteStreams): OpenTransport {
  checkStreams(streams);
  return (handler) => {
    requireUnlocked("readable", streams.readable);
    requireUnlocked("writable", streams.writable);
    return new StreamTransport(streams, handler);
  };
}

/** A class of a runtime may have them: members are read wherever they are, and those that are not known are let be. */
function checkStreams(given: ByteStreams): void {
  if (typeof given !== "object" || given === null) {
    throw new MisuseError(`fromStreams takes { readable, writable }, not ${shown(given)}`);
  }
  const { readable, writable, close, remoteAddress = null, tls = null } = given;
  if (typeof (readable as Partial<ReadableStream> | null)?.getReader !== "function") {
    throw new MisuseError(`fromStreams: readable is ${shown(readable)}: give a ReadableStream`);
  }
  if (typeof (writable as Partial<WritableStream> | null)?.getWriter !== "function") {
    throw new MisuseError(`fromStreams: writable is ${shown(writable)}: give a WritableStream`);
  }
  if (close !== undefined) aFunction("fromStreams: close", close);
  for (const [name, value] of Object.entries({ remoteAddress, tls })) {
    if (typeof value === "object" && !Array.isArray(value)) continue;
    throw new MisuseError(`fromStreams: ${name} is ${shown(value)}: give an object, or null`);
  }
}

/** Both before either is locked: what was not taken is not touched. */
function requireUnlocked(name: string, stream: { readonly locked: boolean } | undefined): void {
  if (stream?.locked === false) return;
  const wrong = stream?.locked ? "is locked: somebody reads or writes it" : "is no stream";
  throw new MisuseError(`fromStreams: ${name} ${wrong}`);
}

interface ReadResult {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** What is needed of a reader: the runtimes' typings disagree about the rest. */
interface ChunkReader {
  read(): Promise<ReadResult>;
  cancel(reason: unknown): Promise<unknown>;
}

class StreamTransport implements Transport {
  private readonly streams: ByteStreams;
  readonly remoteAddress: NetworkAddress | null;
  readonly tls: TlsFacts | null;
  private readonly handler: TransportHandler;
  private readonly reader: ChunkReader;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private isPaused = false;
  private isReading = false;
  /** The peer has ended its stream. */
  private isReadDone = false;
  /** We have ended ours, and all of it was taken. */
  private isWriteDone = false;
  /** Promises that `onDrain` waits for. */
  private untaken = 0;
  private isClosed = false;

  constructor(streams: ByteStreams, handler: TransportHandler) {
    this.streams = streams;
    this.handler = handler;
    this.remoteAddress = streams.remoteAddress ?? null;
    this.tls = streams.tls ?? null;
    this.reader = streams.readable.getReader();
    this.writer = streams.writable.getWriter();
    this.writer.closed.catch(this.failed);
    // Not before `open` has returned; and reading takes one microtask more, behind the one that writes a client's request.
    queueMicrotask(() => this.read());
  }

  // ---- reading

  private read(): void {
    if (this.isReading || this.isPaused || this.isReadDone || this.isClosed) return;
    this.isReading = true;
    this.reader.read().then(this.hasRead, this.failed);
  }

  private readonly hasRead = (result: ReadResult): void => {
    this.isReading = false;
    if (this.isClosed) return;
    const { done, value } = result;
    if (done) {
      this.isReadDone = true;
      this.handler.onEnd();
      this.closeIfDone();
    } else if (isBytes(value)) {
      this.handler.onData(value);
      this.read();
    } else {
      this.failed(new TypeError("the readable stream has a chunk that is no Uint8Array"));
    }
  };

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    // Not at once: a stream's pull is a stranger's code, and may do anything.
    queueMicrotask(() => this.read());
  }

  // ---- writing

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.isClosed) return true;
    const { writer } = this;
    const roomBefore = writer.desiredSize!;
    let written: Promise<void>;
    try {
      // A stream may keep what it is given long after its `write` has resolved, or transfer it.
      written = writer.write(joined(chunks));
    } catch {
      // Node 20, of a stream that is closed, where it should reject.
      written = Promise.reject(new TypeError("the writable stream is closed"));
    }
    written.catch(this.failed);
    const room = writer.desiredSize!;
    // Of a stream that counts nothing, as the sockets of workerd without `highWaterMark`, only the sink knows how it fares;
    // and of those that count, workerd forgets a `ready` that was asked for with several writes under way.
    const isCounting = room < roomBefore;
    if (room > 0 && isCounting) return true;
    this.untaken += 1;
    const roomAgain = isCounting ? Promise.race([writer.ready, written]) : written;
    roomAgain.then(() => this.taken(false), this.failed);
    return false;
  }

  endWrite(): boolean {
    if (this.isClosed) return true;
    const { writer } = this;
    const ended = (): void => this.taken(true);
    this.untaken += 1;
    // Refused where it has closed itself: a socket of workerd, unless told otherwise, does so when the peer has ended.
    writer.close().then(ended, () => writer.closed.then(ended, this.failed));
    return false;
  }

  private taken(isEnd: boolean): void {
    this.untaken -= 1;
    this.isWriteDone ||= isEnd;
    if (this.isClosed || this.untaken > 0) return;
    this.handler.onDrain();
    this.closeIfDone();
  }

  // ---- the end

  destroy(): void {
    if (!this.letGo(new Error("the connection was destroyed"))) return;
    queueMicrotask(() => this.handler.onClosed());
  }

  private closeIfDone(): void {
    if (!this.isReadDone || !this.isWriteDone || this.isClosed) return;
    this.isClosed = true;
    this.handler.onClosed();
    this.closeWhatIsBehind();
  }

  private readonly failed = (error: unknown): void => {
    if (this.letGo(error)) this.handler.onClosed(reasonOf(error));
  };

  private letGo(reason: unknown): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    // First: behind an abort, workerd waits for a write that nobody takes before it closes a socket.
    this.closeWhatIsBehind();
    // A stream that has failed says so again here, and whatever it says comes too late to matter.
    this.reader.cancel(reason).catch(() => {});
    this.writer.abort(reason).catch(() => {});
    return true;
  }

  private closeWhatIsBehind(): void {
    // In a promise: whether it throws or rejects is the same to us.
    new Promise((resolve) => resolve(this.streams.close?.())).catch(() => {});
  }
}
