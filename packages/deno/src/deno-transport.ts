/** A connection of Deno's as a transport: one loop reads, one writes, and both wait for promises. */
import {
  joined,
  lengthOf,
  MisuseError,
  type NetworkAddress,
  type OpenTransport,
  queueMicrotask,
  ReadBuffer,
  reasonOf,
  type TlsFacts,
  type Transport,
  type TransportHandler,
} from "@sansocket/driver";

export class DenoTransport implements Transport {
  handler: TransportHandler;
  private readonly conn: Deno.Conn;
  private readonly isLentTo: boolean;
  private readonly buffer: ReadBuffer;
  private handshake: Deno.TlsHandshakeInfo | null = null;
  private isReading = false;
  private isWriting = false;
  private unwritten: readonly Uint8Array[] = NOTHING;
  private isPaused = false;
  private isDrainAwaited = false;
  private isEndAsked = false;
  private hasReadEnded = false;
  private hasWriteEnded = false;
  /** The first failure of either direction: Deno tells of it once, and the other direction looks fine from then on. */
  private error: string | undefined = undefined;
  private isDestroyed = false;
  private isClosed = false;
  private whenIdle: (() => void) | null = null;

  /** @param isLentTo the connection is Deno's own; any other gets copies, see {@link fromConn}. */
  constructor(conn: Deno.Conn, handler: TransportHandler, isLentTo: boolean) {
    this.conn = conn;
    this.isLentTo = isLentTo;
    this.handler = handler;
    this.buffer = new ReadBuffer(isTls(conn));
    this.resume();
  }

  // ---- reading

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    if (!this.isReading && !this.hasReadEnded && !this.isDestroyed) void this.readAll();
  }

  private async readAll(): Promise<void> {
    this.isReading = true;
    while (!this.isPaused && !this.isDestroyed && !this.hasReadEnded) {
      const count = await this.readOnce();
      if (this.isDestroyed) break;
      if (count > 0) {
        this.handler.onData(this.buffer.filled(count));
        this.buffer.ready(count);
      }
      // What could still be read after a failure has been; Deno calls the rest an orderly end.
      else if (this.error === undefined) this.handler.onEnd();
    }
    this.buffer.shrink();
    this.isReading = false;
    this.settle();
  }

  /** @returns 0 when there is no more. */
  private async readOnce(): Promise<number> {
    try {
      // A TLS listener accepts before the handshake; the first of us to need it does it.
      if (this.handshake === null && isTls(this.conn)) this.handshake = await this.conn.handshake();
      const count = await this.conn.read(this.buffer.memory);
      if (count !== null) return count;
    } catch (error) {
      // TLS without close_notify: an end like any other, since a WebSocket says by itself when it is complete.
      if (!(error instanceof Deno.errors.UnexpectedEof)) this.failed(error);
    }
    this.hasReadEnded = true;
    return 0;
  }

  // ---- writing

  /**
   * Deno writes at once if it can, but says so in a promise only. A small write is copied, lest each connection that writes
   * hold 64 KiB of the engine's until then (5.2 in place of 18 µs for 100 octets, with 50 connections); one at a time, so
   * that no more than this waits behind the back of those who count it.
   */
  write(chunks: readonly Uint8Array[]): boolean {
    const isTaken = !this.isWriting && lengthOf(chunks) <= LARGEST_COPY;
    this.unwritten = isTaken || !this.isLentTo ? [joined(chunks)] : chunks;
    if (!this.isWriting) void this.writeAll();
    if (isTaken) return true;
    this.isDrainAwaited = true;
    return false;
  }

  endWrite(): boolean {
    // Before the TLS handshake is done an end cannot be told, nor what stands before it.
    if (this.handshake === null && isTls(this.conn)) {
      this.destroy();
      return false;
    }
    this.isEndAsked = true;
    this.isDrainAwaited = true;
    if (!this.isWriting) void this.writeAll();
    return false;
  }

  private async writeAll(): Promise<void> {
    const { conn } = this;
    this.isWriting = true;
    try {
      while (this.unwritten.length > 0) {
        const chunks = this.unwritten;
        this.unwritten = NOTHING;
        for (const chunk of chunks) {
          // One after the other: of two writes at once, the first may be cut short and the second follow all the same.
          let written = await conn.write(chunk);
          while (written < chunk.length) written += await conn.write(chunk.subarray(written));
        }
      }
      if (this.isEndAsked) {
        await conn.closeWrite(); // with TLS, close_notify before it
        this.hasWriteEnded = true;
      }
    } catch (error) {
      this.failed(error);
    }
    this.isWriting = false;
    this.unwritten = NOTHING;
    if (this.isDrainAwaited && this.error === undefined && !this.isDestroyed) {
      this.isDrainAwaited = false;
      this.handler.onDrain();
    }
    this.settle();
  }

  // ---- the end

  /**
   * Deno has no reset: the peer sees an end of the stream, or a reset if something of its own was unread. With TLS, a peer
   * that neither reads nor leaves keeps its descriptor: Deno goes on trying to say goodbye (2.9.6).
   */
  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    try {
      this.conn.close();
    } catch {
      // Somebody else had closed it.
    }
    queueMicrotask(() => this.settle());
  }

  private failed(error: unknown): void {
    if (!this.isDestroyed) this.error ??= reasonOf(error); // of TLS there is only prose
  }

  /** A loop has ended: what follows from that? */
  private settle(): void {
    const { isReading, isWriting, isDestroyed, error } = this;
    if (!isReading && !isWriting) this.whenIdle?.();
    if (isDestroyed) {
      // Until then Deno may still look at memory that was lent.
      if (!isReading && !isWriting) this.closed();
    } else if (!isReading && (error !== undefined || (this.hasReadEnded && this.hasWriteEnded))) {
      // After a failed write, what the peer had said before has been read first.
      this.destroy();
    }
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handler.onClosed(this.error);
  }

  /** Reads no more, and resolves once nothing is under way: the connection is free for other uses. */
  idle(): Promise<void> {
    this.isPaused = true;
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

/** Octets that are copied to be written: half of what the engine's memory has. */
const LARGEST_COPY = 32_768;

function isTls(conn: Deno.Conn): conn is Deno.TlsConn {
  return "handshake" in conn;
}

/**
 * A connection that was made or accepted by other means, for `server.accept` and for `connect`'s option `socket`. What is
 * written to it is copied: a Deno.Conn of JavaScript may hand on what it is given, and hold it when its promise has resolved.
 */
export function fromConn(conn: Deno.Conn): OpenTransport {
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

/** A connection of Deno's own, which has written the octets themselves when its promise resolves. */
export function fromOwnConn(conn: Deno.Conn): OpenTransport {
  return (handler) => new DenoTransport(conn, handler, true);
}

/** Two servers of one connection would share its bytes out between them. */
const served: WeakSet<Deno.Conn> = new WeakSet();
