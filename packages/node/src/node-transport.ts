/** A Duplex of Node as a transport: net.Socket, tls.TLSSocket, or any other. */
import { Buffer } from "node:buffer";
import { Socket as NetSocket } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import {
  ConnectedStream,
  joined,
  Life,
  MisuseError,
  type NetworkAddress,
  type OpenTransport,
  queueMicrotask,
  ReadState,
  type TlsFacts,
  type TransportHandler,
  WriteState,
} from "@sansocket/driver";
import { clientCertificateOf } from "./client-certificate.ts";
import { forgetRead, isLongRead } from "./long-read.ts";
import { setImmediate } from "./timers.ts";

const NOTHING = new Uint8Array(0);

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
 * Two servers that serve one stream would answer its request twice.
 * @throws MisuseError for a stream that has a transport.
 */
export function requireUnserved(stream: Duplex): void {
  if ((stream as Partial<Listened>)[TRANSPORT] === undefined) return;
  throw new MisuseError(
    "this stream is served already: give each to handleUpgrade, accept or connect once, and to one server",
  );
}

/** The methods that a write of net.Socket goes through. A method in place of one of them may hand on the chunks. */
const WRITERS = ["write", "_write", "_writev", "_writeGeneric"] as const;
type Writers = Partial<Record<(typeof WRITERS)[number], unknown>>;

/** Handles that have copied the bytes of a write once Node counts the bytes no more: to the kernel, or encrypted. */
const KERNEL_HANDLES: readonly string[] = ["TCP", "Pipe", "TLSWrap"];

/**
 * Whether `writableLength` tells when memory that was lent is free again. That of net.Socket and tls.TLSSocket does: at 0 the
 * kernel has a copy, or TLS has. Any other stream may hand on its chunks by reference, as a PassThrough does. It holds them
 * although it counts none and has called back, and would send the bytes of another connection from there.
 */
export function isKernelSocket(stream: Duplex): boolean {
  const { _handle } = stream as unknown as { readonly _handle?: object | null };
  if (_handle == null || !KERNEL_HANDLES.includes(_handle.constructor?.name)) return false;
  const own = stream as Writers;
  const known = NetSocket.prototype as Writers;
  return WRITERS.every((name) => own[name] === known[name]);
}

export class NodeTransport extends ConnectedStream {
  private readonly stream: Listened;
  /** The stream is lent what is written, see {@link isKernelSocket}. Any other stream gets a copy. */
  private readonly isLentTo: boolean;

  constructor(stream: Duplex, handler: TransportHandler) {
    super(handler, Life.Open);
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
    // Such a stream takes nothing more, and the events that tell so were emitted before somebody listened.
    if (stream.destroyed || stream.errored || stream.writableEnded) {
      if (stream.errored) this.failed(stream.errored);
      stream.destroy();
      queueMicrotask(() => this.closed());
    }
  }

  /** Begins to read by `'data'` events. */
  startReading(): void {
    const { stream } = this;
    stream.on("data", onData);
    stream.resume();
    // Node emits `end` once, and reads so far ahead that the event may have come before somebody listened.
    if (stream.readableEnded) process.nextTick(() => !this.hasLeft && this.peerEnded());
  }

  /**
   * Without a callback where the kernel takes everything at once, as it mostly does: a callback costs a tick of the process,
   * 5.1 in place of 4.75 µs for an echo of 64 bytes. Where the kernel does not, an empty write behind the bytes has a
   * callback.
   */
  write(chunks: readonly Uint8Array[]): boolean {
    const { stream } = this;
    if (!this.isLentTo) {
      stream.write(joined(chunks));
    } else if (chunks.length === 1) {
      stream.write(bufferOf(chunks[0]!));
    } else {
      stream.cork(); // one system call for all of them
      for (const chunk of chunks) stream.write(bufferOf(chunk));
      stream.uncork();
    }
    // Node does not count what the kernel has taken at once. Nor does it count what the kernel has refused at once.
    if (stream.writableLength === 0 && !stream.errored && !stream.destroyed) return true;
    this.writing = WriteState.Full;
    // A function for each such write, which is rare, and not one for each connection: that took 104 bytes.
    stream.write(NOTHING, (error?: Error | null) => {
      if (this.writing === WriteState.Full) this.finished(error);
    });
    return false;
  }

  protected beginEnd(): boolean {
    this.writing = WriteState.Ending;
    this.stream.end((error?: Error | null) => this.finished(error));
    return false;
  }

  /** Of a write that a reset has overtaken, Node says nothing but that the stream is destroyed. */
  private finished(error: Error | null | undefined): void {
    if (error != null || this.stream.destroyed) this.writing = WriteState.Failed;
    this.taken();
  }

  /**
   * Lets go of the socket without ending it, for another process: from now on no event of the socket is told here.
   * @returns the socket, and the bytes that Node has read and not told.
   * @throws MisuseError for a stream whose connection no descriptor stands for: TLS has keys in this process.
   */
  release(): { readonly socket: NetSocket; readonly unread: Uint8Array } {
    const { stream } = this;
    if (!(stream instanceof NetSocket) || !isKernelSocket(stream) || "encrypted" in stream) {
      throw new MisuseError(
        "this connection cannot move to another process: it is no plain TCP or unix socket of Node. The keys of TLS stay in " +
          "their process: let a proxy in front end TLS",
      );
    }
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.off("close", onClose);
    stream.pause();
    const unread: Uint8Array[] = [];
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) unread.push(chunk);
    this.life = Life.Closed;
    return { socket: rewrapped(stream), unread: joined(unread) };
  }

  /** Before the handshake of TLS is done, the choice of ALPN is null. `false` stands for no protocol chosen. */
  protected override get isHandshaking(): boolean {
    const { encrypted, alpnProtocol } = this.stream as Duplex as Partial<TLSSocket>;
    return encrypted === true && alpnProtocol === null;
  }

  destroy(): void {
    this.stream.destroy();
  }

  pause(): void {
    if (this.reading !== ReadState.Ended) this.reading = ReadState.Paused;
    this.stream.pause();
  }

  resume(): void {
    if (this.reading !== ReadState.Ended) this.reading = ReadState.Flowing;
    this.stream.resume();
  }

  /** Bytes were read and told. The stream rests when they came in a row that keeps others waiting. */
  wasRead(byteCount: number): void {
    if (!isLongRead(this, byteCount) || this.reading !== ReadState.Flowing) return;
    this.reading = ReadState.Due;
    this.stream.pause();
    setImmediate(goOn, this);
  }

  /** The rest is over, unless the handler has paused or resumed the stream meanwhile. */
  goOn(): void {
    if (this.reading === ReadState.Due && !this.hasLeft) this.resume();
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
}

/** The chunks of the last writes, and Buffers over the same bytes. Lengths that differ by a multiple of 64 share a place. */
const lastChunks: Uint8Array[] = new Array(64).fill(NOTHING);
const lastBuffers: Buffer[] = new Array(64).fill(Buffer.alloc(0));

/** Bytes of a memory that a place may hold, at most: that of a shared memory of the engine, 64 KiB and a margin. */
const LARGEST_HELD = 66_000;

/**
 * A stream makes a Buffer of each array that it is given: 60 ns, and work of the garbage collector. The engine gives the same
 * array again for output of the same length, and for each socket of a broadcast, so the Buffer can be given again too.
 */
function bufferOf(chunk: Uint8Array): Uint8Array {
  const place = chunk.length & 63;
  if (lastChunks[place] === chunk) return lastBuffers[place]!;
  if (chunk.length > SMALL && chunk.buffer.byteLength > LARGEST_HELD) return chunk;
  const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  lastChunks[place] = chunk;
  lastBuffers[place] = buffer;
  return buffer;
}

/** Bytes of a chunk that is the engine's own for sure: it lies in a shared memory. */
const SMALL = 1_024;

/**
 * Asks for the peer's address at once, so that the `close` hook knows who has left: behind a reset the kernel has no address
 * any more, and Node keeps the one that it was told. It costs 100 of the 2,570 bytes of an idle connection, and no time that
 * shows.
 */
function rememberPeer(stream: Duplex & { readonly remoteAddress?: string }): boolean {
  return stream.remoteAddress !== undefined;
}

function goOn(transport: NodeTransport): void {
  transport.goOn();
}

function onData(this: Duplex, chunk: Uint8Array): void {
  const transport = transportOf(this);
  transport.handler.onData(chunk);
  transport.wasRead(chunk.length);
}

function onEnd(this: Duplex): void {
  transportOf(this).peerEnded();
}

function onClose(this: Duplex): void {
  const transport = transportOf(this);
  forgetRead(transport);
  transport.closed();
}

/** The event `close` follows, and tells of the error. Without this listener the first reset would end the process. */
function onError(this: Duplex, error: NodeJS.ErrnoException): void {
  transportOf(this).failed(error);
  this.destroy(); // a stream without `autoDestroy` would not close
}

/** The members of a socket that are not public. The listening server counts its connections by the last two. */
interface SocketInternals {
  _handle: object | null;
  _server: object | null;
  server: object | null;
}

/** One read of a socket that {@link rewrapped} made. */
const READ_BYTES = 65_536;

/**
 * The same connection as another Socket, which reads nothing yet. The handle of the old one may read into the engine's inbox,
 * and cannot be told to read into a fresh buffer again. So the new socket has a buffer of its own, and pushes copies of it,
 * for `'data'` events and for pipes.
 */
function rewrapped(socket: NetSocket): NetSocket {
  const old = socket as unknown as SocketInternals;
  const onread = {
    buffer: Buffer.alloc(READ_BYTES),
    callback(this: NetSocket, byteCount: number): boolean {
      return this.push(Buffer.from(onread.buffer.subarray(0, byteCount)));
    },
  };
  const options = { handle: old._handle, allowHalfOpen: true, pauseOnCreate: true, onread };
  const own = new NetSocket(options as ConstructorParameters<typeof NetSocket>[0]);
  const internals = own as unknown as SocketInternals;
  internals._server = old._server;
  internals.server = old.server;
  old._handle = null;
  old._server = null;
  return own;
}

/**
 * Any Duplex of bytes as a transport, for `server.accept` and for `connect`'s option `socket`. Its `allowHalfOpen` becomes
 * true: otherwise the peer's end of stream cuts off what is still to be said. Where it has `setNoDelay`, it sends each write at
 * once from now on. A stream that has ended, failed or was destroyed before is a connection whose peer has left.
 * @param first bytes that were read already. They come before all others.
 * @throws MisuseError for an object that is no Duplex, and at the opening of a stream that is served already.
 */
export function fromDuplex(stream: Duplex, first: Uint8Array = NOTHING): OpenTransport {
  requireDuplex(stream);
  if (!ArrayBuffer.isView(first)) {
    throw new MisuseError(
      "fromDuplex: first is no Uint8Array: give the bytes that were read already",
    );
  }
  return (handler) => {
    requireUnserved(stream);
    sendAtOnce(stream);
    const transport = new NodeTransport(stream, handler);
    // Not before `open` has returned. A microtask would come too early as well, before a client's request is written.
    process.nextTick(() => {
      if (transport.hasLeft) return;
      if (first.length > 0) handler.onData(first);
      transport.startReading();
    });
    return transport;
  };
}

/** Turns Nagle's algorithm off, which Node leaves on: a second small write would wait until the peer has acknowledged the first. */
function sendAtOnce(stream: Duplex): void {
  const { setNoDelay } = stream as Partial<NetSocket>;
  if (typeof setNoDelay === "function") setNoDelay.call(stream, true);
}

/** The members that the transport calls, of any stream that has them. @throws MisuseError */
function requireDuplex(stream: unknown): void {
  const given = (stream ?? {}) as Readonly<Record<string, unknown>>;
  const members = ["write", "end", "on", "pause", "resume", "destroy"];
  if (members.every((member) => typeof given[member] === "function")) return;
  throw new MisuseError(
    "fromDuplex is given no Duplex: give a stream of Node that is readable and writable",
  );
}
