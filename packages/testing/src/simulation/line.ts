/**
 * One direction of a simulated connection, as a pure state machine: bytes and the time go in, and what has arrived comes out.
 * The line copies what it is given, cuts it at random, delays each piece, and keeps the order, as TCP does.
 */
import type { LineConditions, NetworkFault } from "./conditions.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A piece under way. `bytes` is null for the end of the stream. */
interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array | null;
}

/** The states of the sender's side of a line. */
type LineState =
  | "flowing"
  /** Written bytes stay on the line for ever. */
  | "stalled"
  /** The end of the stream was sent, by the sender or by the network. What is written is lost. */
  | "ended";

export class Line {
  private readonly conditions: LineConditions;
  private readonly random: SeededRandom;
  private pieces: Piece[] = [];
  /** How many of the pieces were read. */
  private readCount = 0;
  private held = 0;
  private written = 0;
  private lastAt = 0;
  private state: LineState = "flowing";
  /** The network has done its fault on this line. */
  private isFaultDone = false;

  constructor(conditions: LineConditions, random: SeededRandom) {
    this.conditions = conditions;
    this.random = random;
  }

  /** How many bytes the line takes now. */
  get room(): number {
    if (this.state === "ended") return Number.MAX_SAFE_INTEGER;
    return Math.max(0, this.conditions.buffer - this.held);
  }

  /**
   * Puts the first bytes on the line, as many as there is room for.
   * @returns how many, and the fault of the network that these bytes have brought about.
   */
  write(
    bytes: Uint8Array,
    now: number,
  ): { readonly taken: number; readonly fault: NetworkFault | null } {
    const taken = Math.min(this.room, bytes.length);
    if (this.state === "ended") return { taken, fault: null };
    const { fault } = this.conditions;
    const mayPass =
      fault === null || this.isFaultDone ? taken : Math.min(taken, fault.behind - this.written);
    if (this.state === "flowing") this.send(bytes.subarray(0, mayPass), now);
    this.written += mayPass;
    this.held += mayPass;
    if (mayPass === taken) return { taken, fault: null };
    this.isFaultDone = true;
    if (fault!.kind === "stall") {
      this.state = "stalled";
      this.held += taken - mayPass;
    }
    return { taken, fault: fault!.kind };
  }

  private send(bytes: Uint8Array, now: number): void {
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + this.random.between(1, this.conditions.piece));
      this.pieces.push({ at: this.arrivalOf(now), bytes: bytes.slice(from, to) });
      from = to;
    }
  }

  /** When something that is sent now arrives: never before what was sent earlier. */
  private arrivalOf(now: number): number {
    const [least, most] = this.conditions.delay;
    this.lastAt = Math.max(this.lastAt, now + this.random.between(least, most));
    return this.lastAt;
  }

  /** The end of the stream, behind everything written before. */
  end(now: number): void {
    if (this.state === "ended") return;
    const isStalled = this.state === "stalled";
    this.state = "ended";
    if (!isStalled) this.pieces.push({ at: this.arrivalOf(now), bytes: null });
  }

  /** Nothing on the line arrives any more, and nothing that is still written. */
  drop(): void {
    this.state = "ended";
    this.discard();
    this.held = 0;
  }

  /** The reader has let go: nothing on the line is read any more. */
  discard(): void {
    this.pieces = [];
    this.readCount = 0;
    if (this.state === "flowing") this.held = 0;
  }

  /** When the next piece arrives, in ms. Infinity when nothing is under way. */
  get nextAt(): number {
    return this.pieces[this.readCount]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** When the first bytes arrive, in ms. Infinity when no bytes are under way. */
  get bytesAt(): number {
    const next = this.pieces[this.readCount];
    return next === undefined || next.bytes === null ? Number.POSITIVE_INFINITY : next.at;
  }

  /** When something that is sent now would arrive, in ms, by the shortest way. */
  earliestArrival(now: number): number {
    return now + this.conditions.delay[0];
  }

  /** The bytes that have arrived: at most `most` bytes, null for the end of the stream, undefined for nothing. */
  read(now: number, most: number): Uint8Array | null | undefined {
    const first = this.pieces[this.readCount];
    if (first === undefined || first.at > now) return undefined;
    if (first.bytes !== null && first.bytes.length > most) {
      this.pieces[this.readCount] = { at: first.at, bytes: first.bytes.subarray(most) };
      this.held -= most;
      return first.bytes.slice(0, most);
    }
    this.readCount += 1;
    if (this.readCount === this.pieces.length) {
      this.pieces = [];
      this.readCount = 0;
    }
    this.held -= first.bytes?.length ?? 0;
    return first.bytes;
  }
}
