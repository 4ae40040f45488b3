/**
 * A transmission on its way to the transport: in portions, since a transport says nothing before it has taken all that it
 * was given, and the engine's timers would not see that a peer takes 16 MiB slowly, but steadily.
 */
import type { Transmission } from "@sansocket/core";
import { lengthOf } from "../runtime/joined-chunks.ts";
import type { Transport } from "../runtime/transport.ts";

/** The engine, as far as it hears of parts of a transmission. */
interface Progress {
  sentPart(byteCount: number, now: number): void;
}

/** Bytes that the engine hears of at a time. */
const PORTION_BYTES = 131_072;

export class TransportWriter {
  /** The transport has something that it has not taken. */
  isBusy = false;
  /** Bytes of the transmission that is under way. */
  bytes = 0;
  /** When the transport was last given something: it had taken what came before. ms */
  givenAt = 0;
  /** The chunks that the transport has not been given yet; null almost always. */
  private rest: Iterator<Uint8Array[]> | null = null;
  private isEndDue = false;
  /** Bytes of the portion that the transport was given last, while the engine has not heard that it took them. */
  private untold = 0;

  /** @returns whether the transport has taken all of it. */
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

  /** The transport has taken what it was given. @returns whether that was all. */
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
    this.untold = 0; // of the last one `sent` tells
    this.rest = null;
    return !this.isEndDue || transport.endWrite();
  }

  /** The connection is over. */
  ended(): void {
    this.rest = null;
  }
}

/** The chunks in their order, at most {@link PORTION_BYTES} at a time. */
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
