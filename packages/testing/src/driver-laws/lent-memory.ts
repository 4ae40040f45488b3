/**
 * The law of lent memory: once a transport says that it has taken what it was given, that memory is the caller's again, and
 * whatever the caller writes there never reaches the peer. The engine lays the output of the next connection there, so a
 * transport that still looks at it sends one peer what is for another.
 *
 * The law lends memory to a transport, overwrites it with {@link GARBAGE} in the moment in which the transport says that it
 * has taken it, and compares all that arrives at the other end. The reader is late: it reads nothing until the writer can go
 * no further, and stops again in the middle. `packages/node`, `deno` and `bun` put their transports to it.
 */
import type { OpenTransport, Runtime, Transport, TransportHandler } from "@sansocket/driver";

/** The two ends of one connection, each opened as soon as it is there: a handshake of TLS needs both. */
export interface Ends {
  /** The end that was dialed, and the end that was accepted. */
  readonly ends: readonly [Promise<OpenTransport>, Promise<OpenTransport>];
  /** Lets go of what stands behind them. */
  close?(): unknown;
}

/** No byte of the pattern is like it. */
const GARBAGE = 0xee;
/** Bytes in each direction: more than the kernel holds for a reader that reads nothing. */
const TOTAL = 12_582_912;
/** Turns of the event loop in which a late reader leaves the transport alone. */
const LATE_TURNS = 20;
/** The bytes that the engine gives at once; see `transport-writer` of the driver. */
const PORTION = 131_072;

function patternAt(position: number): number {
  return (position * 7 + (position >>> 8)) % 238; // below GARBAGE, of every distance different
}

/** Numbers below `bound` in an order that `seed` decides. */
function dice(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * bound);
  };
}

/** Like the engine: one memory, used again and again. */
class Lender {
  private readonly memory = new Uint8Array(PORTION);
  private readonly roll: (bound: number) => number;
  private lent: Uint8Array[] = [];
  written = 0;

  constructor(seed: number) {
    this.roll = dice(seed);
  }

  /** The next bytes of the pattern, in some chunks; the last of them of any size up to all that the memory holds. */
  lend(): readonly Uint8Array[] {
    this.lent = [];
    const count = 1 + this.roll(4);
    for (let at = 0; this.lent.length < count && at < PORTION && this.written < TOTAL; ) {
      const room = Math.min(PORTION - at, TOTAL - this.written);
      const bound = this.roll(3) === 0 ? room : Math.min(room, 300);
      const chunk = this.memory.subarray(at, at + 1 + this.roll(bound));
      for (let index = 0; index < chunk.length; index += 1) {
        chunk[index] = patternAt(this.written + index);
      }
      this.written += chunk.length;
      at += chunk.length;
      this.lent.push(chunk);
    }
    return this.lent;
  }

  /** The transport has said that it has taken what was lent. */
  taken(): void {
    for (const chunk of this.lent) chunk.fill(GARBAGE);
    this.lent = [];
  }

  get isDone(): boolean {
    return this.written === TOTAL;
  }

  pausesNow(): boolean {
    return this.roll(4) === 0;
  }
}

/** One end: writes its pattern as fast as it may, and reads that of the other end late. */
class End implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  readonly closed: Promise<void>;
  private readonly runtime: Runtime;
  private readonly lender: Lender;
  private readonly roll: (bound: number) => number;
  private readonly transport: Transport;
  private tellClosed: () => void = () => {};
  private received = 0;
  private pauseAt = 0;
  private isWriteBusy = false;
  private hasEnded = false;
  /** The fault against the law; null for none. */
  fault: string | null = null;

  constructor(open: OpenTransport, runtime: Runtime, seed: number) {
    this.runtime = runtime;
    this.lender = new Lender(seed);
    this.roll = dice(seed + 1);
    this.closed = new Promise((resolve) => {
      this.tellClosed = resolve;
    });
    this.transport = open(this);
    this.readLate();
    // Not in a later turn: before a handshake of TLS is done there is memory to lend too.
    this.write();
  }

  private write(): void {
    while (!this.lender.isDone) {
      const rest = this.behindWhatIsTakenAtOnce(this.lender.lend());
      if (!this.transport.write(rest)) {
        this.isWriteBusy = true;
        return;
      }
      this.lender.taken();
      if (this.lender.pausesNow()) {
        this.runtime.afterPoll(() => this.write());
        return;
      }
    }
    this.endIfDone();
  }

  /** As the driver does: some transports take what they can at once, and get the rest by `write`. */
  private behindWhatIsTakenAtOnce(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    if (this.transport.writeAtOnce === undefined || this.roll(2) === 0) return chunks;
    let taken = this.transport.writeAtOnce(chunks);
    const rest: Uint8Array[] = [];
    for (const chunk of chunks) {
      const size = Math.min(taken, chunk.length);
      taken -= size;
      if (size < chunk.length) rest.push(chunk.subarray(size));
    }
    return rest;
  }

  /** Some streams pass nothing more on once both of their sides have ended: neither ends before it has read everything. */
  private endIfDone(): void {
    if (this.hasEnded || this.isWriteBusy || !this.lender.isDone || this.received < TOTAL) return;
    this.hasEnded = true;
    this.transport.endWrite();
  }

  onDrain(): void {
    if (!this.isWriteBusy) return; // the end
    this.isWriteBusy = false;
    this.lender.taken();
    this.write();
  }

  private readLate(): void {
    this.transport.pause();
    this.pauseAt = this.received + 1 + this.roll(TOTAL / 3);
    this.after(LATE_TURNS, () => this.transport.resume());
  }

  private after(turns: number, run: () => void): void {
    if (turns === 0) run();
    else this.runtime.afterPoll(() => this.after(turns - 1, run));
  }

  onData(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length; index += 1) {
      if (chunk[index] === patternAt(this.received + index)) continue;
      const what = chunk[index] === GARBAGE ? "memory that was said to be taken" : "damage";
      this.fault ??= `byte ${this.received + index} is ${what}`;
      break;
    }
    this.received += chunk.length;
    if (this.received >= this.pauseAt) this.readLate();
    this.endIfDone();
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
    this.inbox.fill(GARBAGE, 0, byteCount);
  }

  onEnd(): void {
    if (this.received !== TOTAL) this.fault ??= `${this.received} of ${TOTAL} bytes arrived`;
  }

  onClosed(error?: string): void {
    if (this.received !== TOTAL) {
      this.fault ??= `closed (${error}) behind ${this.received} of ${TOTAL} bytes`;
    }
    this.tellClosed();
  }
}

/** @returns what is against the law, one entry per direction; none when the transport keeps it. */
export async function lentMemoryFaults(
  { ends, close }: Ends,
  runtime: Runtime,
  seed: number,
): Promise<string[]> {
  const both = ends.map(async (opening, index) => {
    const end = new End(await opening, runtime, seed + index * 1_000);
    await end.closed;
    return end.fault;
  });
  const faults = await Promise.all(both);
  await close?.();
  return faults.filter((fault) => fault !== null);
}
