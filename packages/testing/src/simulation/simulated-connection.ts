/**
 * A simulated connection over TCP: two lines, and the ends of a client and of a server. There is no clock and no socket in it:
 * every call takes the time in ms, which never goes back.
 *
 * The connection ends as TCP ends: bytes that reach an end which has let go of the connection bring a reset back, and the
 * reset takes away what the other end has not read. Our last words get lost that way, if an endpoint does not take care.
 */
import { type NetworkConditions, requireLineConditions } from "./conditions.ts";
import { Line } from "./line.ts";
import { SeededRandom } from "./seeded-random.ts";

/** An event that an end of a connection is told. */
export type Arrival =
  /** Bytes from the peer. They are the receiver's own. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The peer has ended its stream. */
  | { readonly kind: "end" }
  /** There is room again, after a write that was not taken whole. */
  | { readonly kind: "room" }
  /** The connection is gone in both directions. The last arrival. `error` is null where this end has let go itself. */
  | { readonly kind: "closed"; readonly error: string | null };

/** One end of a simulated connection. */
export interface ConnectionEnd {
  /**
   * Writes the first bytes, as many as there is room for. The bytes are copied.
   * @returns how many bytes were taken. After fewer than all, an arrival of kind "room" says when there is room again.
   */
  write(bytes: Uint8Array, now: number): number;
  /** Ends the stream behind everything written before (FIN). */
  endWrite(now: number): void;
  /** Lets go of the connection in both directions. The arrival "closed" follows. */
  destroy(now: number): void;
  /** When the next arrival is there, in ms. Infinity when nothing is under way. */
  readonly nextAt: number;
  /** As {@link nextAt}, for an end that reads neither bytes nor the end of the stream for now. */
  readonly nextWhilePaused: number;
  /**
   * The next arrival, or null when there is none yet.
   * @param most the most bytes to read at once. 0: reads no bytes and no end of the stream, only what else has happened.
   */
  read(now: number, most?: number): Arrival | null;
  /** The arrival "closed" was read. */
  readonly isClosed: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

class End implements ConnectionEnd {
  readonly out: Line;
  readonly in: Line;
  other!: End;
  isClosed = false;
  /** This end has let go. */
  private isGone = false;
  private wantsRoom = false;
  /** When a reset arrives, and what it is called. */
  private resetAt = NEVER;
  private closedAt = NEVER;

  constructor(out: Line, incoming: Line) {
    this.out = out;
    this.in = incoming;
  }

  write(bytes: Uint8Array, now: number): number {
    if (this.isGone || this.isClosed) return bytes.length;
    const { taken, fault } = this.out.write(bytes, now);
    if (fault === "reset") this.breakBoth(now);
    else if (fault === "cut") {
      this.out.end(now);
      this.in.end(now);
    } else if (fault === "half-close") this.out.end(now);
    this.other.answerLateBytes(now);
    this.wantsRoom ||= taken < bytes.length;
    return taken;
  }

  private breakBoth(now: number): void {
    this.reset(now);
    this.other.reset(this.out.earliestArrival(now));
  }

  /** A reset reaches this end at `at`. */
  private reset(at: number): void {
    if (!this.isGone) this.resetAt = Math.min(this.resetAt, at);
  }

  endWrite(now: number): void {
    this.out.end(now);
  }

  destroy(now: number): void {
    if (this.isGone || this.isClosed) return;
    this.isGone = true;
    this.closedAt = now;
    this.out.end(now);
    this.answerLateBytes(now);
  }

  /** This end has let go: bytes that it has not read bring a reset back (RFC 9293 §3.10.7.1). */
  private answerLateBytes(now: number): void {
    if (!this.isGone) return;
    const at = this.in.bytesAt;
    if (at !== NEVER) this.other.reset(this.out.earliestArrival(Math.max(now, at)));
    this.in.discard();
  }

  get nextAt(): number {
    const incomingAt = this.isClosed || this.isGone ? NEVER : this.in.nextAt;
    return Math.min(this.nextWhilePaused, incomingAt);
  }

  get nextWhilePaused(): number {
    if (this.isClosed) return NEVER;
    if (this.isGone) return this.closedAt;
    const roomAt = this.wantsRoom && this.out.room > 0 ? 0 : NEVER;
    return Math.min(this.resetAt, roomAt);
  }

  read(now: number, most: number = NEVER): Arrival | null {
    if (this.isClosed) return null;
    if (this.isGone) return this.closedAt <= now ? this.close(null) : null;
    if (this.resetAt <= now) {
      this.in.drop();
      this.out.drop();
      return this.close("ECONNRESET");
    }
    if (this.wantsRoom && this.out.room > 0) {
      this.wantsRoom = false;
      return { kind: "room" };
    }
    const bytes = most > 0 ? this.in.read(now, most) : undefined;
    if (bytes === undefined) return null;
    return bytes === null ? { kind: "end" } : { kind: "bytes", bytes };
  }

  private close(error: string | null): Arrival {
    this.isClosed = true;
    return { kind: "closed", error };
  }
}

/** Both ends of a simulated connection. */
export interface SimulatedConnection {
  /** The end of the client. */
  readonly client: ConnectionEnd;
  /** The end of the server. */
  readonly server: ConnectionEnd;
}

/**
 * A connection over a network of these conditions.
 * @throws RangeError for conditions that no network can have.
 */
export function simulatedConnection(conditions: NetworkConditions): SimulatedConnection {
  requireLineConditions("toServer", conditions.toServer);
  requireLineConditions("toClient", conditions.toClient);
  const toServer = new Line(conditions.toServer, new SeededRandom(conditions.seed));
  const toClient = new Line(conditions.toClient, new SeededRandom(conditions.seed ^ 0x5bd1e995));
  const client = new End(toServer, toClient);
  const server = new End(toClient, toServer);
  client.other = server;
  server.other = client;
  return { client, server };
}
