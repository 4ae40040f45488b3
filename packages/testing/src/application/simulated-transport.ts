/** A transport of the driver over an end of a simulated connection, in virtual time. */
import type { NetworkAddress, OpenTransport, Transport, TransportHandler } from "@sansocket/driver";
import type { SeededRandom } from "../simulation/seeded-random.ts";
import type { Arrival, ConnectionEnd } from "../simulation/simulated-connection.ts";
import type { VirtualRuntime } from "./virtual-runtime.ts";

/** How a transport treats its handler, and the memory that it is lent. */
export interface TransportManners {
  /** Decides what a transport does now and otherwise. null: every transport is as simple as can be. */
  readonly random: SeededRandom | null;
  /** Hears of everything that the driver does against the rules of a transport. */
  onFault(fault: string): void;
}

/** The bytes that a transport keeps of a write that was not taken at once. */
interface Lent {
  /** The caller's memory, looked at again only when the network takes it. */
  readonly chunk: Uint8Array;
  /** A copy of the memory as it was lent; null where nobody watches. */
  readonly copy: Uint8Array | null;
}

/** Bytes of one read. */
const MOST_READ = 65_536;
/** The byte that overwrites memory when its loan is over. */
const SPOILED = 0xa5;

export class SimulatedTransport implements Transport {
  readonly remoteAddress: NetworkAddress;
  readonly tls = null;
  /** The transport at the other end, once there is one. */
  other: SimulatedTransport | null = null;
  private handler: TransportHandler;
  private readonly end: ConnectionEnd;
  private readonly runtime: VirtualRuntime;
  private readonly manners: TransportManners;
  private lent: Lent[] = [];
  private isPaused = false;
  private isEndDue = false;
  private isEnded = false;
  private hasLeft = false;
  private isCalling = false;
  private timer: unknown = null;
  private wakeAt = Number.POSITIVE_INFINITY;

  constructor(
    handler: TransportHandler,
    end: ConnectionEnd,
    runtime: VirtualRuntime,
    remoteAddress: NetworkAddress,
    manners: TransportManners,
  ) {
    this.handler = handler;
    this.end = end;
    this.runtime = runtime;
    this.remoteAddress = remoteAddress;
    this.manners = manners;
    this.schedule();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.hasLeft) return true;
    const { random } = this.manners;
    if (this.lent.length > 0) this.manners.onFault("write was called before onDrain");
    if (this.isEnded) this.manners.onFault("write was called behind endWrite");
    for (const chunk of chunks) this.lent.push({ chunk, copy: random && chunk.slice() });
    // Some transports keep everything for a while, although there is room.
    if (random?.below(3) === 0) {
      this.runtime.afterPoll(() => this.room());
      return false;
    }
    return this.move();
  }

  /** @returns whether the network has taken everything. */
  private move(): boolean {
    const now = this.runtime.now();
    while (this.lent.length > 0) {
      const { chunk, copy } = this.lent[0]!;
      if (copy?.some((byte, index) => byte !== chunk[index])) {
        this.manners.onFault("memory was changed while it was lent to a transport");
      }
      const taken = this.end.write(chunk, now);
      this.other?.schedule();
      if (taken < chunk.length) {
        this.lent[0] = { chunk: chunk.subarray(taken), copy: copy?.subarray(taken) ?? null };
        this.schedule(); // a fault of the network may have been the reason
        return false;
      }
      this.lent.shift();
    }
    this.schedule();
    return true;
  }

  endWrite(): boolean {
    if (this.hasLeft) return true;
    if (this.isEnded) this.manners.onFault("endWrite was called twice");
    this.isEnded = true;
    if (this.lent.length > 0) {
      this.isEndDue = true;
      return false;
    }
    this.sendEnd();
    return true;
  }

  private sendEnd(): void {
    this.isEndDue = false;
    this.end.endWrite(this.runtime.now());
    this.other?.schedule();
  }

  destroy(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.lent = [];
    this.end.destroy(this.runtime.now());
    this.schedule();
    this.other?.schedule();
  }

  pause(): void {
    this.isPaused = true;
    this.schedule();
  }

  resume(): void {
    this.isPaused = false;
    this.schedule();
  }

  handOn(handler: TransportHandler): void {
    this.handler = handler;
  }

  /** Looks when this end has something to be told, and sets the timer. */
  schedule(): void {
    const at = this.isPaused ? this.end.nextWhilePaused : this.end.nextAt;
    if (at === this.wakeAt) return;
    if (this.timer !== null) this.runtime.clearTimer(this.timer);
    this.timer = null;
    this.wakeAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    if (at > this.runtime.now()) {
      this.timer = this.runtime.setArrival(() => this.wake(at), at);
    } else {
      this.runtime.afterPoll(() => this.wake(at));
    }
  }

  /** @param at which of the calls that were asked for this is: {@link schedule} may have asked for another one since. */
  private wake(at: number): void {
    if (at !== this.wakeAt) return;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.timer = null;
    const arrival = this.end.read(this.runtime.now(), this.isPaused ? 0 : MOST_READ);
    if (arrival?.kind === "closed") this.leave();
    if (arrival !== null) this.tell(arrival);
    this.schedule();
    this.other?.schedule(); // there may be room for it again
  }

  private leave(): void {
    this.hasLeft = true;
    this.lent = [];
  }

  private tell(arrival: Arrival): void {
    if (this.isCalling) this.manners.onFault("a handler was called while another one ran");
    this.isCalling = true;
    try {
      if (arrival.kind === "bytes") this.tellBytes(arrival.bytes);
      else if (arrival.kind === "end") this.handler.onEnd();
      else if (arrival.kind === "room") this.room();
      else this.handler.onClosed(arrival.error ?? undefined);
    } finally {
      this.isCalling = false;
    }
  }

  private tellBytes(bytes: Uint8Array): void {
    const { handler } = this;
    if (this.manners.random?.below(2) === 0) {
      handler.inbox.set(bytes);
      handler.onInbox(bytes.length);
      handler.inbox.fill(SPOILED, 0, bytes.length);
      return;
    }
    handler.onData(bytes);
    bytes.fill(SPOILED);
  }

  private room(): void {
    if (this.hasLeft || !this.move()) return;
    if (this.isEndDue) this.sendEnd();
    this.handler.onDrain();
  }
}

/** The two ends of a connection, each to be opened once. */
export function transportsOf(
  ends: { readonly client: ConnectionEnd; readonly server: ConnectionEnd },
  addresses: { readonly client: NetworkAddress; readonly server: NetworkAddress },
  runtime: VirtualRuntime,
  manners: TransportManners,
): { readonly client: OpenTransport; readonly server: OpenTransport } {
  const made: { client: SimulatedTransport | null; server: SimulatedTransport | null } = {
    client: null,
    server: null,
  };
  const opener =
    (own: "client" | "server", peer: "client" | "server"): OpenTransport =>
    (handler) => {
      const transport = new SimulatedTransport(
        handler,
        ends[own],
        runtime,
        addresses[peer],
        manners,
      );
      made[own] = transport;
      transport.other = made[peer];
      if (transport.other !== null) transport.other.other = transport;
      return transport;
    };
  return { client: opener("client", "server"), server: opener("server", "client") };
}
