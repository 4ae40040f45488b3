/** A connection of Deno's as a transport: one loop reads, one writes, and both wait for promises. */
import {
  type NetworkAddress,
  type OpenTransport,
  systemCodeOf,
  type TlsFacts,
  type Transport,
  type TransportHandler,
} from "@sansocket/driver";
import {
  LARGE_READ,
  LARGE_TLS_READ,
  returnLargeBuffer,
  SMALL_READ,
  takeLargeBuffer,
} from "./read-buffers.ts";

export class DenoTransport implements Transport {
  handler: TransportHandler;
  private readonly conn: Deno.Conn;
  private readonly small: Uint8Array = new Uint8Array(SMALL_READ);
  private buffer: Uint8Array = this.small;
  private handshake: Deno.TlsHandshakeInfo | null = null;
  private isReading = false;
  private isWriting = false;
  private unwritten: readonly Uint8Array[] = NOTHING;
  private isPaused = false;
  private isEndAsked = false;
  private hasReadEnded = false;
  private hasWriteEnded = false;
  /** The first failure of either direction: Deno tells of it once, and the other direction looks fine from then on. */
  private error: string | undefined = undefined;
  private isDestroyed = false;
  private isClosed = false;
  private whenIdle: (() => void) | null = null;

  constructor(conn: Deno.Conn, handler: TransportHandler) {
    this.conn = conn;
    this.handler = handler;
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
      if (count > 0) this.deliver(count);
      // What could still be read after a failure has been; Deno calls the rest an orderly end.
      else if (this.error === undefined) this.handler.onEnd();
    }
    this.isReading = false;
    this.settle();
  }

  /** @returns 0 when there is no more. */
  private async readOnce(): Promise<number> {
    try {
      // A TLS listener accepts before the handshake; the first of us to need it does it.
      if (this.handshake === null && isTls(this.conn)) this.handshake = await this.conn.handshake();
      const count = await this.conn.read(this.buffer);
      if (count !== null) return count;
    } catch (error) {
      // TLS without close_notify: an end like any other, since a WebSocket says by itself when it is complete.
      if (!(error instanceof Deno.errors.UnexpectedEof)) this.failed(error);
    }
    this.hasReadEnded = true;
    return 0;
  }

  private deliver(count: number): void {
    const { buffer, small } = this;
    const isFull = count === buffer.length;
    this.handler.onData(isFull ? buffer : buffer.subarray(0, count));
    // The kernel had no more than fits: the next read waits, and shall not hold a large buffer meanwhile.
    if (isFull === (buffer !== small)) return;
    if (isFull) {
      this.buffer = takeLargeBuffer(isTls(this.conn) ? LARGE_TLS_READ : LARGE_READ);
    } else {
      returnLargeBuffer(buffer);
      this.buffer = small;
    }
  }

  // ---- writing

  /** Never taken at once: Deno writes at once if it can, but says so in a promise only. */
  write(chunks: readonly Uint8Array[]): boolean {
    this.unwritten = chunks;
    if (!this.isWriting) void this.writeAll();
    return false;
  }

  endWrite(): boolean {
    this.isEndAsked = true;
    if (!this.isWriting) void this.writeAll();
    return false;
  }

  private async writeAll(): Promise<void> {
    const { conn } = this;
    this.isWriting = true;
    try {
      for (const chunk of this.unwritten) {
        // One after the other: of two writes at once, the first may be cut short and the second follow all the same.
        let written = await conn.write(chunk);
        while (written < chunk.length) written += await conn.write(chunk.subarray(written));
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
    if (this.error === undefined && !this.isDestroyed) this.handler.onDrain();
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
    if (!this.isDestroyed) this.error ??= codeOf(error);
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
    if (this.buffer !== this.small) returnLargeBuffer(this.buffer);
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
    if (remoteAddr.transport !== "tcp") return null;
    return { hostname: remoteAddr.hostname, port: remoteAddr.port };
  }

  get tls(): TlsFacts | null {
    if (!isTls(this.conn)) return null;
    return { protocol: null, alpnProtocol: this.handshake?.alpnProtocol ?? null, serverName: null };
  }
}

const NOTHING: readonly Uint8Array[] = [];

function isTls(conn: Deno.Conn): conn is Deno.TlsConn {
  return "handshake" in conn;
}

/** ECONNRESET and the like, as on the other runtimes; of TLS there is only prose. */
export function codeOf(error: unknown): string {
  const code = systemCodeOf(error);
  if (code !== undefined) return code;
  return error instanceof Error ? error.message : String(error);
}

/** A connection that was made or accepted by other means, for `server.accept` and for `connect`'s option `socket`. */
export function fromConn(conn: Deno.Conn): OpenTransport {
  return (handler) => new DenoTransport(conn, handler);
}
