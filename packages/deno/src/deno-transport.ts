/** A connection of Deno's as a transport: one loop reads, one writes, and both wait for promises. */
import {
  ConnectedStream,
  joined,
  Life,
  lengthOf,
  longRunOf,
  MisuseError,
  type NetworkAddress,
  type OpenTransport,
  queueMicrotask,
  ReadBuffer,
  ReadState,
  type TlsFacts,
  type TransportHandler,
  WriteState,
} from "@sansocket/driver";
import { runtime } from "./runtime.ts";
import { COPY_BYTES, copyOf, lentWrite, type SmallWrite, type Writer } from "./small-write.ts";

/** A read of bytes that lie in the kernel already resolves at once: one peer that always sends would keep all others out. */
const longRun = longRunOf(runtime);

export class DenoTransport extends ConnectedStream implements Writer {
  private readonly conn: Deno.Conn;
  private readonly isLentTo: boolean;
  private readonly buffer: ReadBuffer;
  private handshake: Deno.TlsHandshakeInfo | null = null;
  private unwritten: readonly Uint8Array[] = NOTHING;
  private whenIdle: (() => void) | null = null;

  /** @param isLentTo the connection is Deno's own. Any other connection gets copies, see {@link fromConn}. */
  constructor(conn: Deno.Conn, handler: TransportHandler, isLentTo: boolean) {
    super(handler, isTls(conn) ? Life.Handshaking : Life.Open);
    this.conn = conn;
    this.isLentTo = isLentTo;
    this.buffer = new ReadBuffer(isTls(conn));
    sendAtOnce(conn);
    void this.readAll();
  }

  // ---- reading

  /** A read is under way, and holds its memory. */
  private get isReading(): boolean {
    return this.reading === ReadState.Flowing || this.reading === ReadState.Pausing;
  }

  pause(): void {
    if (this.reading === ReadState.Flowing) this.reading = ReadState.Pausing;
  }

  resume(): void {
    if (this.reading === ReadState.Pausing) this.reading = ReadState.Flowing;
    else if (this.reading === ReadState.Paused && !this.hasLeft) void this.readAll();
  }

  /**
   * One function from read to read: each async function between the loop and Deno's `read` is two promises more for each
   * message.
   */
  private async readAll(): Promise<void> {
    const { conn, buffer } = this;
    this.reading = ReadState.Flowing;
    while (this.reading === ReadState.Flowing && !this.hasLeft) {
      let count = 0;
      try {
        // A TLS listener of Deno's accepts before the handshake: the first read does it.
        if (this.isHandshaking) await this.shakeHands(conn as Deno.TlsConn);
        count = (await conn.read(buffer.memory)) ?? 0;
      } catch (error) {
        // TLS without close_notify: an end like any other, since a WebSocket says by itself when it is complete.
        if (!(error instanceof Deno.errors.UnexpectedEof)) this.broke(error);
      }
      // A write that failed in the same turn of the event loop is told behind the read, and has to be known first.
      if (count === 0) await null;
      if (this.hasLeft) break;
      if (count > 0) {
        this.handler.onData(buffer.filled(count));
        buffer.ready(count);
        const pause = longRun.goesOn(count);
        if (pause !== null) await pause;
      } else if (this.failure === undefined) {
        this.peerEnded();
      } else {
        // Deno calls what follows a failure an orderly end. The handler is not told of that end.
        this.reading = ReadState.Ended;
      }
    }
    this.buffer.shrink();
    if (this.reading !== ReadState.Ended) this.reading = ReadState.Paused;
    this.settle();
  }

  private async shakeHands(conn: Deno.TlsConn): Promise<void> {
    this.handshake = await conn.handshake();
    this.secured();
  }

  // ---- writing

  /** A write or the end is under way, and may hold memory that was lent. */
  private get isWriting(): boolean {
    const { writing } = this;
    return (
      writing === WriteState.Copied || writing === WriteState.Full || writing === WriteState.Ending
    );
  }

  /**
   * Deno writes at once if it can, but says so in a promise only. A small write is copied, so that no connection that writes
   * holds 64 KiB of the engine's until the promise resolves (5.2 in place of 18 µs for 100 bytes, with 50 connections). There
   * is one copy at a time: the handler counts what waits, and is told that a copy is taken. The frame of a broadcast needs no
   * copy, because nobody writes it again.
   */
  write(chunks: readonly Uint8Array[], isConstant: boolean = false): boolean {
    const { isWriting } = this;
    const isSmall = !isWriting && lengthOf(chunks) <= LARGEST_COPY;
    const [chunk] = chunks;
    if (isSmall && this.isLentTo && chunks.length === 1 && chunk !== undefined) {
      if (isConstant || chunk.length <= COPY_BYTES) {
        this.writing = WriteState.Copied;
        const { bytes, written, failed } = isConstant
          ? lentWrite(this, chunk)
          : copyOf(this, chunk);
        this.conn.write(bytes).then(written, failed);
        return true;
      }
    }
    this.writing = isSmall ? WriteState.Copied : WriteState.Full;
    this.unwritten = isSmall || !this.isLentTo ? [joined(chunks)] : chunks;
    if (!isWriting) void this.writeAll();
    return isSmall;
  }

  /**
   * The end of almost every write: few bytes, with no promise but Deno's own. The loop of {@link writeAll} has two promises
   * more, which cost 1 µs for an echo of 64 bytes (Deno 2.9.6).
   */
  smallWritten(write: SmallWrite, byteCount: number): void {
    const { bytes } = write;
    if (byteCount < bytes.length) this.unwritten = [bytes.slice(byteCount), ...this.unwritten];
    write.release();
    if (this.unwritten.length > 0 || this.writing === WriteState.Ending) {
      void this.writeAll();
      return;
    }
    this.taken();
    this.settle();
  }

  smallFailed(error: unknown): void {
    this.writeFailed(error);
    this.taken();
    this.settle();
  }

  private writeFailed(error: unknown): void {
    this.broke(error);
    this.writing = WriteState.Failed;
    this.unwritten = NOTHING;
  }

  protected beginEnd(): boolean {
    const { isWriting } = this;
    this.writing = WriteState.Ending;
    if (!isWriting) void this.writeAll();
    return false;
  }

  private async writeAll(): Promise<void> {
    const { conn } = this;
    try {
      while (this.unwritten.length > 0) {
        const chunks = this.unwritten;
        this.unwritten = NOTHING;
        for (const chunk of chunks) {
          // One write after another: of two writes at once, the first may be cut short, and the second would follow it.
          let written = await conn.write(chunk);
          while (written < chunk.length) written += await conn.write(chunk.subarray(written));
        }
      }
      if (this.writing === WriteState.Ending) await conn.closeWrite(); // with TLS, close_notify before it
    } catch (error) {
      this.writeFailed(error);
    }
    this.taken();
    this.settle();
  }

  // ---- the end

  /**
   * Deno has no reset: the peer sees an end of the stream, or a reset if the peer had sent bytes that nobody has read. With
   * TLS, a peer that neither reads nor leaves keeps its descriptor: Deno goes on trying to send close_notify (2.9.6).
   */
  destroy(): void {
    if (this.hasLeft) return;
    this.life = Life.Leaving;
    try {
      this.conn.close();
    } catch {
      // The application had closed it.
    }
    queueMicrotask(() => this.settle());
  }

  /** A failure behind our own `close` is a consequence of that `close`, and is ignored. */
  private broke(error: unknown): void {
    if (!this.hasLeft) this.failed(error); // of TLS there is only prose
  }

  /** Called when a loop has ended. The last one closes the connection. */
  private settle(): void {
    const { isReading, isWriting } = this;
    if (!isReading && !isWriting) this.whenIdle?.();
    const isDone = this.reading === ReadState.Ended && this.writing === WriteState.Ended;
    if (this.hasLeft) {
      // While a loop runs, Deno may still look at memory that was lent.
      if (!isReading && !isWriting) this.closed();
    } else if (!isReading && (this.failure !== undefined || isDone)) {
      // Behind a failed write, the loop that reads has ended too: what the peer had said before was told.
      this.destroy();
    }
  }

  /** Reads no more, and resolves once nothing is under way: the connection is free for other uses. */
  idle(): Promise<void> {
    this.pause();
    return new Promise((resolve) => {
      this.whenIdle = resolve;
      this.settle();
    });
  }

  // ---- facts

  get remoteAddress(): NetworkAddress | null {
    const { remoteAddr } = this.conn;
    // Not by `transport`: a connection of Deno.startTls has none in its addresses (2.9.6).
    if (!("hostname" in remoteAddr)) return null;
    return { hostname: remoteAddr.hostname, port: remoteAddr.port };
  }

  get tls(): TlsFacts | null {
    if (!isTls(this.conn)) return null;
    return {
      protocol: null,
      alpnProtocol: this.handshake?.alpnProtocol ?? null,
      serverName: null,
      clientCertificate: null,
    };
  }
}

const NOTHING: readonly Uint8Array[] = [];

/** Bytes that are copied to be written, at most: half of a memory of the engine's. */
const LARGEST_COPY = 32_768;

/**
 * Turns Nagle's algorithm off, which Deno leaves on (2.9.6): a second small write would wait until the peer has acknowledged
 * the first, 40 ms with a peer that delays its acknowledgements. A connection of Deno.listenTls has no `setNoDelay`.
 */
export function sendAtOnce(conn: Deno.Conn): void {
  try {
    (conn as Partial<Deno.TcpConn>).setNoDelay?.(true);
  } catch {
    // The connection is closed, or its peer has reset it (EINVAL on macOS): a read or a write will tell.
  }
}

function isTls(conn: Deno.Conn): conn is Deno.TlsConn {
  return "handshake" in conn;
}

/**
 * A connection that was made or accepted by other means, for `server.accept` and for `connect`'s option `socket`. It gets
 * copies of what is written: a Deno.Conn of JavaScript may hand on the bytes, and hold them when its promise has resolved.
 */
export function fromConn(conn: Deno.Conn): OpenTransport {
  requireConn(conn);
  return (handler) => {
    if (served.has(conn)) {
      throw new MisuseError(
        "this connection is served already: give each to accept or connect once, and to one server",
      );
    }
    served.add(conn);
    return new DenoTransport(conn, handler, false);
  };
}

/** @throws MisuseError for a value without the methods that the transport calls. */
function requireConn(conn: unknown): void {
  const given = (conn ?? {}) as Readonly<Record<string, unknown>>;
  const members = ["read", "write", "closeWrite", "close"];
  if (members.every((member) => typeof given[member] === "function")) return;
  throw new MisuseError(
    "fromConn is given no Deno.Conn: give a connection of Deno.connect or of a listener",
  );
}

/** A connection of Deno's own. It has written the bytes when its promise resolves, and is lent them. */
export function fromOwnConn(conn: Deno.Conn): OpenTransport {
  return (handler) => new DenoTransport(conn, handler, true);
}

/** Connections that have a transport: a second one would take some of the bytes away from the first. */
const served: WeakSet<Deno.Conn> = new WeakSet();
