/** A Duplex of Node as a transport: net.Socket, tls.TLSSocket, or any other. */
import { Socket as NetSocket } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import {
  joined,
  MisuseError,
  type NetworkAddress,
  type OpenTransport,
  queueMicrotask,
  type TlsFacts,
  type Transport,
  type TransportHandler,
} from "@sansocket/driver";
import { clientCertificateOf } from "./client-certificate.ts";

/** Where a Duplex keeps its transport, so that all of them share the functions that listen. */
const TRANSPORT = Symbol("sansocket.transport");

interface Listened extends Duplex {
  [TRANSPORT]: NodeTransport;
}

/** The transport of a stream that has one. */
export function transportOf(stream: Duplex): NodeTransport {
  return (stream as Listened)[TRANSPORT];
}

/**
 * Two servers of one stream would answer its request twice.
 * @throws MisuseError for a stream that has a transport.
 */
export function requireUnserved(stream: Duplex): void {
  if ((stream as Partial<Listened>)[TRANSPORT] === undefined) return;
  throw new MisuseError(
    "this stream is served already: give each to handleUpgrade, accept or connect once, and to one server",
  );
}

/** What a write of net.Socket goes through. Whoever replaces one of them may hand on what it is given. */
const WRITERS = ["write", "_write", "_writev", "_writeGeneric"] as const;
type Writers = Partial<Record<(typeof WRITERS)[number], unknown>>;

/** Handles whose write has copied what it was given once Node counts it no more: to the kernel, or encrypted. */
const KERNEL_HANDLES: readonly string[] = ["TCP", "Pipe", "TLSWrap"];

/**
 * Whether `writableLength` tells when memory that was lent is free again. Of net.Socket and tls.TLSSocket it does: at 0 the
 * kernel has a copy, or TLS has. Any other stream may hand on its chunks by reference, as a PassThrough does, and holds them
 * although it counts none and has called back: another connection's bytes would leave from there.
 */
export function isKernelSocket(stream: Duplex): boolean {
  const { _handle } = stream as unknown as { readonly _handle?: object | null };
  if (_handle == null || !KERNEL_HANDLES.includes(_handle.constructor?.name)) return false;
  const own = stream as Writers;
  const known = NetSocket.prototype as Writers;
  return WRITERS.every((name) => own[name] === known[name]);
}

export class NodeTransport implements Transport {
  handler: TransportHandler;
  private readonly stream: Listened;
  /** What it is given is lent to it, see {@link isKernelSocket}; any other stream gets a copy. */
  private readonly isLentTo: boolean;
  /** Callbacks that have not come: of what stands behind a write, and of the end. */
  private unfinished = 0;
  private isDrainAwaited = false;
  private error: string | undefined = undefined;
  isClosed = false;

  constructor(stream: Duplex, handler: TransportHandler) {
    this.handler = handler;
    this.stream = stream as Listened;
    this.isLentTo = isKernelSocket(stream);
    this.stream[TRANSPORT] = this;
    stream.on("error", onError);
    stream.on("end", onEnd);
    stream.on("close", onClose);
    // A stream that ends itself at the peer's end cuts off what is still to be said: sockets of node:https, node:tls and
    // node:net do, unless they are told not to.
    stream.allowHalfOpen = true;
    rememberPeer(stream);
    // Nothing can be said any more, and events that came before us do not come again.
    if (stream.destroyed || stream.errored || stream.writableEnded) {
      if (stream.errored) this.failed(stream.errored);
      stream.destroy();
      queueMicrotask(() => this.closed());
    }
  }

  /** Begins to read by `'data'` events. */
  startReading(): void {
    this.stream.on("data", onData);
    this.stream.resume();
    this.tellEarlyEnd();
  }

  /** The next one to hear of everything. What ended while nobody listened is told to it. */
  handOver(handler: TransportHandler): void {
    this.handler = handler;
    this.tellEarlyEnd();
  }

  /** Node emits `end` once, and reads so far ahead that it may have been before us. */
  private tellEarlyEnd(): void {
    if (!this.stream.readableEnded) return;
    process.nextTick(() => {
      if (!this.isClosed) this.handler.onEnd();
    });
  }

  /**
   * Without a callback, since one costs a tick of the process even where the kernel has taken everything at once, which is
   * the rule: 5.1 to 4.75 µs for an echo of 64 octets. Where it has not, an empty write behind it has one.
   */
  write(chunks: readonly Uint8Array[]): boolean {
    const { stream } = this;
    if (!this.isLentTo) {
      stream.write(joined(chunks));
    } else if (chunks.length === 1) {
      stream.write(chunks[0]);
    } else {
      stream.cork(); // one system call for all of them
      for (const chunk of chunks) stream.write(chunk);
      stream.uncork();
    }
    // What the kernel has taken at once, Node no longer counts; nor what it has refused at once.
    if (stream.writableLength === 0 && !stream.errored && !stream.destroyed) return true;
    this.unfinished += 1;
    this.isDrainAwaited = true;
    stream.write(NOTHING, this.written);
    return false;
  }

  /**
   * A write or an end that failed never drains: `close` follows. Of those that a reset has overtaken Node says nothing but
   * that the stream is destroyed.
   */
  private readonly written = (error?: Error | null): void => {
    this.unfinished -= 1;
    if (error != null || this.stream.destroyed) this.isDrainAwaited = false;
    if (this.unfinished > 0 || !this.isDrainAwaited) return;
    this.isDrainAwaited = false;
    this.handler.onDrain();
  };

  endWrite(): boolean {
    if (isHandshaking(this.stream)) {
      this.destroy(); // an end cannot be told yet, nor what stands before it
      return false;
    }
    this.unfinished += 1;
    this.isDrainAwaited = true;
    this.stream.end(this.written);
    return false;
  }

  destroy(): void {
    this.stream.destroy();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  get remoteAddress(): NetworkAddress | null {
    const { remoteAddress, remotePort } = this.stream as unknown as Partial<NetSocket>;
    if (remoteAddress === undefined || remotePort === undefined) return null;
    return { hostname: remoteAddress, port: remotePort };
  }

  get tls(): TlsFacts | null {
    const stream = this.stream as unknown as Partial<TLSSocket> & { servername?: string | false };
    if (stream.encrypted !== true) return null;
    return {
      protocol: stream.getProtocol?.() ?? null,
      alpnProtocol: stream.alpnProtocol || null,
      serverName: stream.servername || null,
      clientCertificate: clientCertificateOf(this.stream),
    };
  }

  failed(error: NodeJS.ErrnoException): void {
    this.error ??= error.code ?? error.message;
  }

  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handler.onClosed(this.error);
  }
}

/**
 * Node remembers what the kernel has said once, and behind a reset the kernel has nothing more to say: so that the `close`
 * hook knows who has left, it is asked at once. 100 octets of the 2,570 of an idle connection, and no time that shows.
 */
function rememberPeer(stream: Duplex & { readonly remoteAddress?: string }): boolean {
  return stream.remoteAddress !== undefined;
}

/** Before the TLS handshake is done, what ALPN chose is null; `false` is for nothing chosen. */
function isHandshaking(stream: Duplex): boolean {
  const { encrypted, alpnProtocol } = stream as Partial<TLSSocket>;
  return encrypted === true && alpnProtocol === null;
}

function onData(this: Duplex, chunk: Uint8Array): void {
  transportOf(this).handler.onData(chunk);
}

function onEnd(this: Duplex): void {
  transportOf(this).handler.onEnd();
}

function onClose(this: Duplex): void {
  transportOf(this).closed();
}

/** `close` follows, and says it. Without a listener the first reset would end the process. */
function onError(this: Duplex, error: NodeJS.ErrnoException): void {
  transportOf(this).failed(error);
  this.destroy(); // a stream without `autoDestroy` would not close
}

/**
 * Any Duplex of bytes as a transport, for `server.accept` and for `connect`'s option `socket`. Its `allowHalfOpen` becomes
 * true: otherwise the peer's end of stream cuts off what is still to be said. One that has ended, failed or was destroyed
 * before is a connection whose peer has left.
 */
export function fromDuplex(stream: Duplex, first: Uint8Array = NOTHING): OpenTransport {
  return (handler) => {
    requireUnserved(stream);
    const transport = new NodeTransport(stream, handler);
    // Not before `open` has returned; and not in a microtask, which would come before a client's request is written.
    process.nextTick(() => {
      if (transport.isClosed) return;
      if (first.length > 0) handler.onData(first);
      transport.startReading();
    });
    return transport;
  };
}

const NOTHING = new Uint8Array(0);
