/**
 * A transmission on its way to the transport: in portions, since a transport says nothing before it has taken all that it
 * was given, and the engine's timers would not see that a peer takes 16 MiB slowly, but steadily.
 */
import type { Transmission } from "@sansocket/core";
import { lengthOf } from "../runtime/joined-chunks.ts";
import type { Binding } from "./binding.ts";

/** What the engine hears of at a time. */
const PORTION_OCTETS = 131_072;

export class Writing {
  private readonly binding: Binding;
  /** The transport has something that it has not taken. */
  isBusy = false;
  /** Octets of the transmission that is under way. */
  octets = 0;
  /** When the transport was last given something: it had taken what came before. ms */
  givenAt = 0;
  /** What it has not been given yet; null almost always. */
  private rest: Iterator<Uint8Array[]> | null = null;
  private isEndDue = false;
  /** Octets of the portion that the transport was given last, while the engine has not heard that it took them. */
  private untold = 0;

  constructor(binding: Binding) {
    this.binding = binding;
  }

  /** @returns whether the transport has taken all of it. */
  begin({ chunks, then }: Transmission): boolean {
    const { transport, now } = this.binding;
    this.octets = lengthOf(chunks);
    this.givenAt = now;
    let isTaken: boolean;
    if (this.octets > PORTION_OCTETS) {
      this.rest = portions(chunks);
      this.isEndDue = then === "end-write";
      isTaken = this.giveRest(this.rest);
    } else {
      isTaken = chunks.length === 0 || transport.write(chunks);
      if (then === "end-write") isTaken = transport.endWrite() && isTaken;
    }
    this.isBusy = !isTaken;
    return isTaken;
  }

  /** The transport has taken what it was given. @returns whether that was all. */
  goOn(): boolean {
    if (this.rest !== null && !this.giveRest(this.rest)) return false;
    this.isBusy = false;
    return true;
  }

  private giveRest(rest: Iterator<Uint8Array[]>): boolean {
    const { transport, endpoint, now } = this.binding;
    this.givenAt = now;
    for (let portion = rest.next(); !portion.done; portion = rest.next()) {
      if (this.untold > 0) endpoint.sentPart(this.untold, now);
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

/** The chunks in their order, at most {@link PORTION_OCTETS} at a time. */
function* portions(chunks: readonly Uint8Array[]): Generator<Uint8Array[], undefined> {
  let portion: Uint8Array[] = [];
  let room = PORTION_OCTETS;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + room);
      portion.push(chunk.subarray(at, end));
      room -= end - at;
      at = end;
      if (room > 0) continue;
      yield portion;
      portion = [];
      room = PORTION_OCTETS;
    }
  }
  if (portion.length > 0) yield portion;
}
