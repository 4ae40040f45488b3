/** A socket of Bun as a transport: TCP, unix or TLS. */
import type {
  CertificateFields,
  ClientCertificate,
  NetworkAddress,
  OpenTransport,
  TlsFacts,
  Transport,
  TransportHandler,
} from "@sansocket/driver";
import { clientCertificate, queueMicrotask } from "@sansocket/driver";

/** What happens before somebody listens. */
type Early = (handler: TransportHandler) => void;

export class BunTransport implements Transport {
  /** Asked for at once: Bun forgets it when the socket is closed, and then somebody may want to know who has left. */
  readonly remoteAddress: NetworkAddress | null;
  private readonly socket: Bun.Socket<BunTransport>;
  private readonly isSecure: boolean;
  private isHandshaking: boolean;
  private certificate: ClientCertificate | null = null;
  private handler: TransportHandler | null = null;
  /** In order; null once everything goes to the handler at once. */
  private early: Early[] | null = [];
  /** What the kernel has not taken: Bun keeps nothing of it. Null: nothing. */
  private untaken: Uint8Array[] | null = null;
  private isEnding = false;
  private hasShutDown = false;
  private hasPeerEnded = false;
  private isClosed = false;
  private isPaused = false;
  /** A write has met the reset of the peer. */
  private isReset = false;
  private error: string | undefined = undefined;

  constructor(socket: Bun.Socket<BunTransport>, isSecure: boolean) {
    this.socket = socket;
    this.isSecure = isSecure;
    this.isHandshaking = isSecure;
    this.remoteAddress = addressOf(socket);
    socket.data = this;
  }

  /** May be called again: the last handler hears of everything. */
  readonly open: OpenTransport = (handler) => {
    const isFirst = this.handler === null;
    this.handler = handler;
    if (isFirst && this.early!.length === 0) this.early = null;
    else if (isFirst) queueMicrotask(() => this.catchUp(this.early!));
    return this;
  };

  private catchUp(early: Early[]): void {
    for (let index = 0; index < early.length; index += 1) early[index]!(this.handler!);
    this.early = null;
  }

  // ---- from Bun

  received(chunk: Uint8Array): void {
    if (this.early === null) this.handler!.onData(chunk);
    else this.early.push((handler) => handler.onData(chunk));
  }

  private tell(event: Early): void {
    if (this.early === null) event(this.handler!);
    else this.early.push(event);
  }

  /** What a client has shown in TLS: asked for at once, as the address is. */
  shown(certificate: CertificateFields, distrust: string | null): void {
    this.certificate = clientCertificate(certificate, distrust);
  }

  /** The TLS handshake is done; until then Bun takes nothing. */
  secured(): void {
    this.isHandshaking = false;
  }

  drained(): void {
    // Bun calls this without a reason too.
    if (this.untaken === null || !this.writeOut(this.untaken)) return;
    if (this.isEnding) this.shutDown();
    this.handler!.onDrain();
  }

  peerEnded(): void {
    if (this.hasPeerEnded) return;
    this.hasPeerEnded = true;
    this.tell((handler) => handler.onEnd());
  }

  failed(error: NodeJS.ErrnoException): void {
    this.error ??= error.code ?? error.message;
  }

  closed(error?: NodeJS.ErrnoException): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (error !== undefined) this.failed(error);
    // Bun closes from inside of `terminate`, and nobody expects to be called from inside of `destroy`.
    queueMicrotask(() => {
      // When both sides have shut down there is no `end`, only `close`.
      if (this.hasShutDown) this.peerEnded();
      this.tell((handler) => handler.onClosed(this.error));
    });
  }

  // ---- to Bun

  write(chunks: readonly Uint8Array[]): boolean {
    return this.writeOut(chunks);
  }

  /** @returns whether all was taken; if not, the rest waits in {@link untaken}. */
  private writeOut(chunks: readonly Uint8Array[]): boolean {
    for (let index = 0; index < chunks.length; index += 1) {
      const chunk = chunks[index]!;
      const taken = this.socket.write(chunk);
      if (taken === chunk.length) continue;
      if (taken < 0) this.meetReset();
      this.untaken = chunks.slice(index);
      if (taken > 0) this.untaken[0] = chunk.subarray(taken);
      return false;
    }
    this.untaken = null;
    return true;
  }

  /** A write was answered with -1: the peer has reset the connection, and this is all that Bun says about it. */
  private meetReset(): void {
    this.isReset = true;
    this.error ??= this.hasPeerEnded ? "EPIPE" : "ECONNRESET";
    this.leaveIfUnheard();
  }

  /** `close` follows a reset that a write has met, but not while the socket is paused: Bun would never say that it is gone. */
  private leaveIfUnheard(): void {
    if (this.isReset && this.isPaused) this.socket.terminate();
  }

  endWrite(): boolean {
    if (this.isHandshaking) {
      this.destroy(); // an end cannot be told yet, nor what stands before it
      return false;
    }
    this.isEnding = true;
    if (this.untaken !== null) return false;
    this.shutDown();
    return true;
  }

  /** Not `end`, which closes both directions. */
  private shutDown(): void {
    this.hasShutDown = true;
    this.socket.shutdown();
  }

  destroy(): void {
    // A reset would overtake what the peer has not acknowledged yet; once both sides have ended, nothing is unread.
    if (this.hasShutDown && this.hasPeerEnded) this.socket.close();
    else this.socket.terminate();
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
    this.leaveIfUnheard();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
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

function addressOf(socket: Partial<Bun.Socket<BunTransport>>): NetworkAddress | null {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return { hostname: remoteAddress, port: remotePort };
}

/** Declared for Buffers, since Bun's own options are; what comes is what `binaryType` says. */
export type BunHandlers = Bun.SocketHandler<BunTransport>;

/** What Bun calls, the same functions for all sockets. */
export const handlers: BunHandlers = {
  binaryType: "uint8array",
  data: (socket, chunk) => socket.data.received(chunk),
  drain: (socket) => socket.data?.drained(),
  end: (socket) => socket.data?.peerEnded(),
  close: (socket, error) => socket.data?.closed(error),
};

/** The same for TLS, whose own failures `close` does not tell. */
export const secureHandlers: BunHandlers = {
  ...handlers,
  handshake: (socket) => socket.data?.secured(),
  error(socket, error: NodeJS.ErrnoException) {
    // What our own handlers throw comes here too, and is not to be swallowed.
    if (error.code === undefined) throw error;
    socket.data?.failed(error);
  },
};

/** ALPN (RFC 7301 §3.1) as Bun takes it: each protocol behind its length. */
export const ALPN_HTTP1: Uint8Array<ArrayBuffer> = new Uint8Array([8, ...ascii("http/1.1")]);

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
