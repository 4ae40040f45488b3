/** A socket of Bun as a transport: TCP, unix or TLS. */
import {
  type CertificateFields,
  type ClientCertificate,
  ConnectedStream,
  clientCertificate,
  Life,
  type NetworkAddress,
  queueMicrotask,
  ReadState,
  type TlsFacts,
  type TransportHandler,
  WriteState,
} from "@sansocket/driver";

export class BunTransport extends ConnectedStream {
  private readonly socket: Bun.Socket<BunTransport>;
  private readonly isSecure: boolean;
  /**
   * The peer's address, asked for at once: Bun forgets the address when the socket is closed, and the `close` hook may ask who
   * has left. Two fields cost half of the memory of an object.
   */
  private readonly hostname: string | undefined;
  private readonly port: number | undefined;
  private certificate: ClientCertificate | null = null;
  /** Bytes that the kernel has not taken: Bun keeps nothing of them. Null: none. */
  private untaken: Uint8Array[] | null = null;

  /** @param handler hears of everything from now on. A relay stands for a handler that comes later. */
  constructor(socket: Bun.Socket<BunTransport>, isSecure: boolean, handler: TransportHandler) {
    super(handler, isSecure ? Life.Handshaking : Life.Open);
    this.socket = socket;
    this.isSecure = isSecure;
    const { remoteAddress, remotePort } = socket as Partial<Bun.Socket<BunTransport>>;
    this.hostname = remoteAddress;
    this.port = remotePort;
    socket.data = this;
  }

  // ---- from Bun

  /** The certificate that a client has shown in TLS. Asked for at once, as the address is. */
  shown(certificate: CertificateFields, distrust: string | null): void {
    this.certificate = clientCertificate(certificate, distrust);
  }

  drained(): void {
    const { untaken, writing } = this;
    // Bun calls this without a reason too.
    if (untaken === null || writing === WriteState.Failed || !this.writeOut(untaken)) return;
    if (writing === WriteState.Ending) this.socket.shutdown();
    this.taken();
  }

  gone(error?: NodeJS.ErrnoException): void {
    if (this.hasLeft) return;
    this.life = Life.Leaving;
    if (error !== undefined) this.failed(error);
    // Bun calls this from inside of `terminate`, and no handler expects to be called from inside of `destroy`.
    queueMicrotask(() => {
      // When both sides have shut down, Bun calls `close` without `end`.
      if (this.writing === WriteState.Ended) this.peerEnded();
      this.closed();
    });
  }

  // ---- to Bun

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.writeOut(chunks)) return true;
    if (this.writing === WriteState.Free) this.writing = WriteState.Full;
    return false;
  }

  writeAtOnce(chunks: readonly Uint8Array[]): number {
    let byteCount = 0;
    for (const chunk of chunks) {
      const taken = this.socket.write(chunk); // -1 on a reset, which the write of the rest meets too
      if (taken > 0) byteCount += taken;
      if (taken < chunk.length) break;
    }
    return byteCount;
  }

  /** @returns whether all was taken. The rest waits in {@link untaken}. */
  private writeOut(chunks: readonly Uint8Array[]): boolean {
    for (let index = 0; index < chunks.length; index += 1) {
      const chunk = chunks[index]!;
      const taken = this.socket.write(chunk);
      if (taken === chunk.length) continue;
      this.untaken = chunks.slice(index);
      if (taken > 0) this.untaken[0] = chunk.subarray(taken);
      if (taken < 0) this.meetReset();
      return false;
    }
    this.untaken = null;
    return true;
  }

  /** Bun has answered a write with -1: the peer has reset the connection, and Bun says no more about it. */
  private meetReset(): void {
    this.writing = WriteState.Failed;
    this.failed(this.reading === ReadState.Ended ? "EPIPE" : "ECONNRESET");
    this.leaveIfUnheard();
  }

  /** `close` follows a reset that a write has met. A paused socket is never told of it. */
  private leaveIfUnheard(): void {
    const isReset = this.writing === WriteState.Failed;
    if (isReset && this.reading !== ReadState.Flowing) this.socket.terminate();
  }

  protected beginEnd(): boolean {
    if (this.writing === WriteState.Failed) return false;
    this.writing = WriteState.Ending;
    if (this.untaken !== null) return false;
    this.socket.shutdown(); // not `end`, which closes both directions
    this.writing = WriteState.Ended;
    return true;
  }

  destroy(): void {
    // A reset would overtake what the peer has not acknowledged yet. Once both sides have ended, nothing is unread.
    const isDone = this.writing === WriteState.Ended && this.reading === ReadState.Ended;
    if (isDone) this.socket.close();
    else this.socket.terminate();
  }

  pause(): void {
    if (this.reading === ReadState.Flowing) this.reading = ReadState.Paused;
    this.socket.pause();
    this.leaveIfUnheard();
  }

  resume(): void {
    if (this.reading === ReadState.Paused) this.reading = ReadState.Flowing;
    this.socket.resume();
  }

  get remoteAddress(): NetworkAddress | null {
    const { hostname, port } = this;
    return hostname === undefined || port === undefined ? null : { hostname, port };
  }

  get tls(): TlsFacts | null {
    if (!this.isSecure) return null;
    const { socket } = this;
    return {
      protocol: socket.getTLSVersion() || null,
      alpnProtocol: socket.alpnProtocol || null,
      serverName: socket.getServername() || null,
      clientCertificate: this.certificate,
    };
  }
}

/** Bun declares its own options for Buffers. The chunks are what `binaryType` says. */
export type BunHandlers = Bun.SocketHandler<BunTransport>;

/** The functions that Bun calls, the same for all sockets. */
export const handlers: BunHandlers = {
  binaryType: "uint8array",
  data: (socket, chunk) => socket.data.handler.onData(chunk),
  drain: (socket) => socket.data?.drained(),
  end: (socket) => socket.data?.peerEnded(),
  close: (socket, error) => socket.data?.gone(error),
};

/** The functions for TLS. Bun's `close` does not tell of a failure of TLS. */
export const secureHandlers: BunHandlers = {
  ...handlers,
  handshake: (socket) => socket.data?.secured(),
  error(socket, error: NodeJS.ErrnoException) {
    // Bun calls this for what our own functions throw too. Such an error is not to be lost.
    if (error.code === undefined) throw error;
    socket.data?.failed(error);
  },
};

/** The list of ALPN (RFC 7301 §3.1) as Bun takes it: each protocol stands behind its length. */
export const ALPN_HTTP1: Uint8Array<ArrayBuffer> = new Uint8Array([8, ...ascii("http/1.1")]);

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
