/**
 * A pair of web byte streams as a transport: sockets of workers and workerd, Deno.Conn, WebTransport, or two ends in memory.
 */

import { isBytes, MisuseError } from "@sansocket/core";
import { aFunction, shown } from "../option-kinds.ts";
import { ConnectedStream, Life, ReadState, WriteState } from "../runtime/connected-stream.ts";
import { queueMicrotask, setTimeout } from "../runtime/globals.ts";
import { joined } from "../runtime/joined-chunks.ts";
import { LongRun, type RunTime } from "../runtime/long-run.ts";
import type {
  NetworkAddress,
  OpenTransport,
  TlsFacts,
  TransportHandler,
} from "../runtime/transport.ts";

/** One connection: `readable` brings the bytes of the peer, and `writable` takes the bytes for the peer. */
export interface ByteStreams {
  /** The end of this stream is the peer's end of stream. Chunks are Uint8Arrays. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * Closing the stream must end only this direction. This side never uses again the chunks that it writes, so that the stream
   * may transfer them. The queuing strategy decides how many bytes the stream holds before we wait.
   */
  readonly writable: WritableStream<Uint8Array>;
  /** The `remoteAddress` of the socket. Default null. */
  readonly remoteAddress?: NetworkAddress | null;
  /** The `tls` of the socket. Default null. */
  readonly tls?: TlsFacts | null;
  /**
   * Called once, when the connection has ended in any way. Closes the object behind both streams, which outlives them:
   * sockets of workerd and Deno.Conn have such a method, and need the call. An exception or a rejection of this function is
   * ignored.
   */
  close?(): unknown;
}

/**
 * Web streams as a transport, for `server.accept` and for `connect`'s option `socket`. Both streams are locked from the moment it
 * is opened.
 * @throws MisuseError for a value that is no such pair. The opening throws a MisuseError when one of the streams is locked
 * already.
 */
export function fromStreams(streams: ByteStreams): OpenTransport {
  checkStreams(streams);
  return (handler) => {
    requireUnlocked("readable", streams.readable);
    requireUnlocked("writable", streams.writable);
    return new WebStreamTransport(streams, handler);
  };
}

/** The object may be of a class of the runtime: inherited members count, and unknown ones are allowed. */
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

/** Both streams are checked before one is locked: a pair that is refused is not touched. */
function requireUnlocked(name: string, stream: { readonly locked: boolean } | undefined): void {
  if (stream?.locked === false) return;
  const wrong = stream?.locked ? "is locked: other code reads or writes it" : "is no stream";
  throw new MisuseError(`fromStreams: ${name} ${wrong}`);
}

interface ReadResult {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** The part of a reader that is used here. The typings of the runtimes disagree about the rest. */
interface ChunkReader {
  read(): Promise<ReadResult>;
  cancel(reason: unknown): Promise<unknown>;
}

/** Only a timer lets every host look for input. */
const TIME: RunTime = {
  now: () => Date.now(),
  afterPoll: (callback) => void setTimeout(callback, 0),
};

class WebStreamTransport extends ConnectedStream {
  private readonly streams: ByteStreams;
  readonly remoteAddress: NetworkAddress | null;
  readonly tls: TlsFacts | null;
  /** Of this connection alone: in workerd no connection may wait for the promise of another. */
  private readonly longRun: LongRun = new LongRun(TIME);
  private readonly reader: ChunkReader;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(streams: ByteStreams, handler: TransportHandler) {
    super(handler, Life.Open);
    this.streams = streams;
    this.remoteAddress = streams.remoteAddress ?? null;
    this.tls = streams.tls ?? null;
    this.reader = streams.readable.getReader();
    this.writer = streams.writable.getWriter();
    this.writer.closed.catch(this.broken);
    // Reading does not begin before `open` has returned. Reading takes one microtask more, so that a client writes its request
    // first.
    this.readSoon();
  }

  // ---- reading

  private readSoon(): void {
    this.reading = ReadState.Due;
    queueMicrotask(() => this.readIfDue());
  }

  private readIfDue(): void {
    if (this.reading !== ReadState.Due || this.hasLeft) return;
    this.reading = ReadState.Flowing;
    this.reader.read().then(this.hasRead, this.broken);
  }

  private readonly hasRead = ({ done, value }: ReadResult): void => {
    if (this.hasLeft) return;
    this.reading = this.reading === ReadState.Pausing ? ReadState.Paused : ReadState.Due;
    if (done) {
      this.peerEnded();
      this.closeIfDone();
    } else if (isBytes(value)) {
      const { length } = value; // the handler may transfer the bytes
      this.handler.onData(value);
      const pause = this.longRun.goesOn(length);
      if (pause === null) this.readIfDue();
      else void pause.then(() => this.readIfDue());
    } else {
      this.broken(new TypeError("the readable stream has a chunk that is no Uint8Array"));
    }
  };

  pause(): void {
    if (this.reading === ReadState.Flowing) this.reading = ReadState.Pausing;
    else if (this.reading === ReadState.Due) this.reading = ReadState.Paused;
  }

  resume(): void {
    if (this.reading === ReadState.Pausing) this.reading = ReadState.Flowing;
    // Reading does not begin at once, because the `pull` of a stream is code of the application and may do anything.
    else if (this.reading === ReadState.Paused) this.readSoon();
  }

  // ---- writing

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.hasLeft) return true;
    const { writer } = this;
    const roomBefore = writer.desiredSize!;
    let written: Promise<void>;
    try {
      // A stream may keep a chunk long after its `write` has resolved, or transfer it.
      written = writer.write(joined(chunks));
    } catch {
      // In Node 20 the `write` of a closed stream throws. By the standard, `write` rejects.
      written = Promise.reject(new TypeError("the writable stream is closed"));
    }
    written.catch(this.broken);
    const room = writer.desiredSize!;
    // A stream that counts no bytes does not tell its room: only the sink knows the room. The sockets of workerd without
    // `highWaterMark` are such streams. A stream of workerd that counts forgets a `ready` that was asked for while several writes
    // were under way.
    const isCounting = room < roomBefore;
    if (room > 0 && isCounting) return true;
    this.writing = WriteState.Full;
    const roomAgain = isCounting ? Promise.race([writer.ready, written]) : written;
    roomAgain.then(this.hasRoom, this.broken);
    return false;
  }

  private readonly hasRoom = (): void => {
    if (this.writing === WriteState.Full) this.taken();
  };

  protected beginEnd(): boolean {
    const { writer } = this;
    this.writing = WriteState.Ending;
    const ended = (): void => {
      this.taken();
      this.closeIfDone();
    };
    // A stream that has closed itself refuses `close`. A socket of workerd closes itself when the peer has ended, unless
    // `allowHalfOpen` is set.
    writer.close().then(ended, () => writer.closed.then(ended, this.broken));
    return false;
  }

  // ---- the end

  destroy(): void {
    if (this.hasLeft) return;
    this.letGo(new Error("the connection was destroyed"));
    queueMicrotask(() => this.closed());
  }

  private closeIfDone(): void {
    const isDone = this.reading === ReadState.Ended && this.writing === WriteState.Ended;
    if (!isDone || this.hasLeft) return;
    this.closed();
    this.closeWhatIsBehind();
  }

  private readonly broken = (error: unknown): void => {
    if (this.hasLeft) return;
    this.failed(error);
    this.letGo(error);
    this.closed();
  };

  private letGo(reason: unknown): void {
    this.life = Life.Leaving;
    // This call comes first. After an abort, workerd would wait for a write that nobody takes, and only then close the socket.
    this.closeWhatIsBehind();
    // A stream that has failed repeats its failure here. The failure is ignored, because the connection is gone already.
    this.reader.cancel(reason).catch(() => {});
    this.writer.abort(reason).catch(() => {});
  }

  private closeWhatIsBehind(): void {
    // The call stands in a promise, because `close` may throw or reject.
    new Promise((resolve) => resolve(this.streams.close?.())).catch(() => {});
  }
}
