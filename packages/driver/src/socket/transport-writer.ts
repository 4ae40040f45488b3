/**
 * A transmission on its way to the transport, in portions. A transport reports only after the transport has taken all bytes
 * that it was given. With one large write, the engine's timers would not notice that a peer takes 16 MiB slowly, but steadily.
 */
import type { Transmission } from "@sansocket/core";
import { lengthOf } from "../runtime/joined-chunks.ts";
import type { Transport } from "../runtime/transport.ts";

/** The part of the engine that is told of parts of a transmission. */
interface Progress {
  sentPart(byteCount: number, now: number): void;
}

/** Number of bytes after which the engine is told of progress. */
const PORTION_BYTES = 131_072;

export class TransportWriter {
  /** The transport was given bytes that the transport has not taken. */
  isBusy = false;
  /** Number of bytes of the current transmission. */
  bytes = 0;
  /** The time at which the transport last got bytes, ms. At that time the transport had taken all earlier bytes. */
  givenAt = 0;
  /** The chunks that the transport has not got yet; null almost always. */
  private rest: Iterator<Uint8Array[]> | null = null;
  private isEndDue = false;
  /**
   * Number of bytes of the last portion that the transport got, while the engine has not been told that the transport took the
   * portion.
   */
  private untold = 0;

  /** @returns whether the transport has taken the whole transmission. */
  begin(
    transport: Transport,
    { chunks, then }: Transmission,
    progress: Progress,
    now: number,
  ): boolean {
    this.bytes = lengthOf(chunks);
    this.givenAt = now;
    let isTaken: boolean;
    if (this.bytes > PORTION_BYTES) {
      this.rest = portions(chunks);
      this.isEndDue = then === "end-write";
      isTaken = this.giveRest(this.rest, transport, progress, now);
    } else {
      isTaken = chunks.length === 0 || transport.write(chunks);
      if (then === "end-write") isTaken = transport.endWrite() && isTaken;
    }
    this.isBusy = !isTaken;
    return isTaken;
  }

  /** The transport has taken the bytes that it was given. @returns whether the transmission is complete. */
  goOn(transport: Transport, progress: Progress, now: number): boolean {
    if (this.rest !== null && !this.giveRest(this.rest, transport, progress, now)) return false;
    this.isBusy = false;
    return true;
  }

  private giveRest(
    rest: Iterator<Uint8Array[]>,
    transport: Transport,
    progress: Progress,
    now: number,
  ): boolean {
    this.givenAt = now;
    for (let portion = rest.next(); !portion.done; portion = rest.next()) {
      if (this.untold > 0) progress.sentPart(this.untold, now);
      this.untold = lengthOf(portion.value);
      if (!transport.write(portion.value)) return false;
    }
    this.untold = 0; // `sent` tells the engine of the last portion
    this.rest = null;
    return !this.isEndDue || transport.endWrite();
  }

  /** The connection is over. */
  ended(): void {
    this.rest = null;
  }
}

/** The chunks in their order, in portions of at most {@link PORTION_BYTES}. */
function* portions(chunks: readonly Uint8Array[]): Generator<Uint8Array[], undefined> {
  let portion: Uint8Array[] = [];
  let room = PORTION_BYTES;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + room);
      portion.push(chunk.subarray(at, end));
      room -= end - at;
      at = end;
      if (room > 0) continue;
      yield portion;
      portion = [];
      room = PORTION_BYTES;
    }
  }
  if (portion.length > 0) yield portion;
}
