/**
 * A network and a clock that do what a test says: a driver's transport whose every byte, pause and drain is scripted, and
 * at its other end a peer made of the engine itself.
 */
import {
  clientEndpoint,
  type Endpoint,
  type EndpointEvent as Event,
  type Extension,
  eventsOf,
  KERNELS,
  type Kernels,
  serverEndpoint,
} from "@sansocket/core";
import {
  type ConnectOptions,
  connectWith,
  type OpenTransport,
  type Runtime,
  Server,
  type ServerOptions,
  type Socket,
  type SocketHooks,
  type Transport,
  type TransportHandler,
} from "../src/index.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  readonly isAwaited: boolean;
}

/** A runtime whose time stands still until it is told to go on. */
export class VirtualRuntime implements Runtime {
  /** The decoder of this runtime's servers and clients: a test may put one in its place that throws. */
  decodeUtf8: Kernels["decodeUtf8"] = KERNELS.decodeUtf8;
  readonly host = {
    random: (into: Uint8Array): void => void into.fill(9),
    kernels: {
      decodeUtf8: (bytes: Uint8Array, start: number, end: number): string =>
        this.decodeUtf8(bytes, start, end),
    },
  };
  private time = 1_000;
  private readonly timers: Set<Timer> = new Set();

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, delay: number, isAwaited: boolean): unknown {
    const timer = { at: this.time + delay, callback, isAwaited };
    this.timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers.delete(timer as Timer);
  }

  /** What is to be done behind the poll phase, until {@link advance} has run it. */
  polls: (() => void)[] = [];

  afterPoll(callback: () => void): void {
    this.polls.push(callback);
  }

  /** A timer keeps the process alive. */
  get isKept(): boolean {
    return [...this.timers].some(({ isAwaited }) => isAwaited);
  }

  get timerCount(): number {
    return this.timers.size;
  }

  get earliest(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.timers].map(({ at }) => at));
  }

  /** Lets time go by, and runs what falls due, in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const due = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers.delete(due);
      this.time = Math.max(this.time, due.at);
      due.callback();
      this.runPolls();
    }
    this.time = end;
    await settle();
  }

  /** Time goes by while the process does not run: a debugger, a suspended machine. What fell due fires late. */
  async freeze(ms: number): Promise<void> {
    await settle();
    this.skip(ms);
    await this.advance(0);
  }

  /** Time goes by while something computes. */
  skip(ms: number): void {
    this.time += ms;
  }

  /** Lets the earliest timer fire, without the poll phase behind it. */
  fire(): void {
    const due = [...this.timers].sort((a, b) => a.at - b.at)[0]!;
    this.timers.delete(due);
    this.time = Math.max(this.time, due.at);
    due.callback();
  }

  runPolls(): void {
    for (const poll of this.polls.splice(0)) poll();
  }
}

/** Lets every promise that can go on go on. */
export async function settle(turns = 30): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await null;
}

export class ScriptedTransport implements Transport {
  handler: TransportHandler;
  readonly remoteAddress = { hostname: "203.0.113.7", port: 5_000 };
  readonly tls = null;
  /** Absent, as in runtimes that keep what they are given; see {@link takeAtOnce}. */
  writeAtOnce?: (chunks: readonly Uint8Array[]) => number;
  /** What the driver wrote and the network has taken. */
  written: Uint8Array[] = [];
  /** The number of bytes that the network has taken in all. */
  takenBytes = 0;
  /** How many bytes the network takes at once. */
  room: number = Number.POSITIVE_INFINITY;
  /** The number of calls that brought bytes. */
  writes = 0;
  isPaused = false;
  /** What arrives is read into the inbox. */
  isInbox = false;
  pauses = 0;
  isWriteEnded = false;
  isDestroyed = false;
  isClosed = false;
  /** What the network has not taken yet. */
  private held: Uint8Array[] = [];
  private isEndHeld = false;
  private isCalling = false;

  constructor(handler: TransportHandler) {
    this.handler = handler;
  }

  // ---- what the driver calls

  handOn(handler: TransportHandler): void {
    this.handler = handler;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.held.length > 0) throw new Error("write before onDrain");
    if (this.isWriteEnded) throw new Error("write after endWrite");
    this.held.push(...chunks);
    this.writes += 1;
    return this.move();
  }

  /** For a test that makes it the transport's `writeAtOnce`. */
  takeAtOnce(chunks: readonly Uint8Array[]): number {
    const before = this.takenBytes;
    this.write(chunks);
    this.held = [];
    return this.takenBytes - before;
  }

  endWrite(): boolean {
    this.isEndHeld = true;
    this.isWriteEnded = true;
    return this.held.length === 0;
  }

  destroy(): void {
    this.isDestroyed = true;
    queueMicrotask(() => this.breaks());
  }

  pause(): void {
    this.isPaused = true;
    this.pauses += 1;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** @returns whether all of it was taken. */
  private move(): boolean {
    while (this.held.length > 0 && this.room > 0) {
      const chunk = this.held[0]!;
      const size = Math.min(chunk.length, this.room);
      this.written.push(chunk.slice(0, size));
      this.takenBytes += size;
      this.room -= size;
      if (size === chunk.length) this.held.shift();
      else this.held[0] = chunk.subarray(size);
    }
    return this.held.length === 0;
  }

  // ---- what the script says

  /** The network takes that many bytes more. */
  takes(octets: number): void {
    if (this.isDestroyed) return;
    const wasHeld = this.held.length > 0;
    this.room += octets;
    if (this.move() && wasHeld) this.call(() => this.handler.onDrain());
  }

  arrives(octets: Uint8Array): void {
    if (octets.length === 0) return;
    if (this.isInbox) this.arrivesInInbox(octets);
    else this.call(() => this.handler.onData(octets.slice()));
  }

  /** The same by way of the inbox. */
  arrivesInInbox(octets: Uint8Array): void {
    this.call(() => {
      this.handler.inbox.set(octets);
      this.handler.onInbox(octets.length);
    });
  }

  ends(): void {
    this.call(() => this.handler.onEnd());
  }

  breaks(error?: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handler.onClosed(error);
  }

  /** The end of our stream has reached the peer. */
  get isEndTaken(): boolean {
    return this.isEndHeld && this.held.length === 0;
  }

  private call(handler: () => void): void {
    if (this.isClosed) return;
    if (this.isCalling) throw new Error("a handler is called while another one runs");
    this.isCalling = true;
    try {
      handler();
    } finally {
      this.isCalling = false;
    }
  }
}

/** The other end: an engine of the other role. Bytes move when {@link pump} is called. */
export class Peer {
  readonly endpoint: Endpoint;
  readonly events: Event[] = [];
  transport!: ScriptedTransport;
  private readonly runtime: VirtualRuntime;
  private toDriver: Uint8Array[] = [];
  private isEndTold = false;
  private isEndSent = false;

  constructor(endpoint: Endpoint, runtime: VirtualRuntime) {
    this.endpoint = endpoint;
    this.runtime = runtime;
  }

  /** How the driver gets to this peer. */
  get open(): OpenTransport {
    return (handler) => {
      this.transport = new ScriptedTransport(handler);
      return this.transport;
    };
  }

  /** Lets the peer say what it has to say, without moving it. */
  speak(): void {
    const now = this.runtime.now();
    for (;;) {
      for (const event of eventsOf(this.endpoint)) this.take(event);
      const transmission = this.endpoint.transmit(now);
      if (transmission === null) return;
      for (const chunk of transmission.chunks) this.toDriver.push(chunk.slice());
      if (transmission.then === "end-write") this.isEndSent = true;
      if (transmission.then === "destroy") this.isEndSent = true; // and the kernel sends the FIN
      this.endpoint.sent(now);
    }
  }

  private take(event: Event): void {
    this.events.push(event);
  }

  /** Bytes on their way to the driver. */
  get pending(): number {
    return this.toDriver.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Takes what is on its way to the driver, for a test that brings it itself. The end of the stream stays behind. */
  rest(): Uint8Array {
    return join(this.toDriver.splice(0));
  }

  /** Moves up to that many bytes to the driver, in one chunk. */
  toDriverUpTo(count: number): void {
    const all = join(this.toDriver);
    this.toDriver = all.length > count ? [all.subarray(count)] : [];
    this.transport.arrives(all.subarray(0, count));
    if (this.toDriver.length === 0 && this.isEndSent && !this.isEndTold) {
      this.isEndTold = true;
      this.transport.ends();
    }
  }

  /** Moves what the driver has written to the peer. */
  fromDriver(): void {
    const now = this.runtime.now();
    for (const chunk of this.transport.written.splice(0)) {
      this.endpoint.receive(chunk, now);
      this.speak();
    }
    if (this.transport.isEndTaken) this.endpoint.endOfStream(now);
    if (this.transport.isClosed || this.transport.isDestroyed)
      this.endpoint.transportClosed(null, now);
    this.speak();
  }

  /** Moves everything, both ways, until nothing moves any more. */
  async pump(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await settle();
      this.speak();
      const before = this.events.length;
      const moved = this.transport.written.length + (this.transport.isPaused ? 0 : this.pending);
      if (!this.transport.isPaused) this.toDriverUpTo(Number.POSITIVE_INFINITY);
      this.fromDriver();
      quiet = moved === 0 && this.events.length === before ? quiet + 1 : 0;
    }
  }

  /** The messages so far. */
  get messages(): (string | Uint8Array)[] {
    const messages: (string | Uint8Array)[] = [];
    for (const event of this.events) {
      if (event.type === "text") messages.push(event.text);
      else if (event.type === "binary") messages.push(event.bytes);
    }
    return messages;
  }

  eventsOfType<T extends Event["type"]>(type: T): Extract<Event, { type: T }>[] {
    return this.events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
  }

  /** Raw bytes, in place of what the engine would say. */
  says(octets: Uint8Array): void {
    this.toDriver.push(octets);
  }
}

export function join(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Timers that would only disturb, unless a test is about them. */
export const QUIET = { idle: 0, ping: 0, pong: 0 } as const;

/** A server, and as many clients as are asked for. */
export class Stage<Data = undefined> {
  readonly runtime: VirtualRuntime = new VirtualRuntime();
  readonly server: Server<Data>;

  constructor(options: ServerOptions<Data>) {
    this.server = new Server<Data>({ timeouts: QUIET, ...options }, { runtime: this.runtime });
  }

  /** A client whose request has been sent. */
  client(
    options: {
      headers?: [string, string][];
      protocols?: string[];
      url?: string;
      extensions?: readonly Extension[];
    } = {},
  ): Peer {
    const endpoint = clientEndpoint(
      { host: this.runtime.host, timeouts: QUIET, url: "ws://site.example/", ...options },
      this.runtime.now(),
    );
    const peer = new Peer(endpoint, this.runtime);
    if (!this.server.accept(peer.open)) throw new Error("the server did not accept");
    return peer;
  }

  /** A client that is open. */
  async opened(): Promise<Peer> {
    const peer = this.client();
    await peer.pump();
    return peer;
  }
}

/** A client of the driver's, and the server's side of it as the peer. */
export async function connected(
  options: ConnectOptions<undefined> = {},
  hooks: SocketHooks<undefined> = {},
  peerOptions: { readonly extensions?: readonly Extension[] } = {},
): Promise<{ socket: Socket<undefined>; peer: Peer; runtime: VirtualRuntime }> {
  const { connecting, peer, runtime } = connectingTo(options, hooks, undefined, peerOptions);
  await peer.pump();
  peer.endpoint.accept({}, runtime.now());
  await peer.pump();
  return { socket: await connecting, peer, runtime };
}

/** The same with the request unanswered. */
export function connectingTo(
  options: ConnectOptions<undefined> = {},
  hooks: SocketHooks<undefined> = {},
  url = "ws://site.example/",
  peerOptions: { readonly extensions?: readonly Extension[] } = {},
): { connecting: Promise<Socket<undefined>>; peer: Peer; runtime: VirtualRuntime } {
  const runtime = new VirtualRuntime();
  const endpoint = serverEndpoint(
    { host: runtime.host, timeouts: QUIET, ...peerOptions },
    runtime.now(),
  );
  const peer = new Peer(endpoint, runtime);
  const dialer = { dial: () => Promise.reject(new Error("no network here")) };
  const connecting = connectWith(
    { runtime, dialer },
    url,
    { socket: peer.open, timeouts: QUIET, ...options },
    hooks,
  );
  connecting.catch(() => {});
  return { connecting, peer, runtime };
}
