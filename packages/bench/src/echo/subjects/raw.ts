/**
 * The floor on each runtime: plain TCP that moves the same bytes and knows nothing of WebSocket. It answers the opening
 * handshake with a constant. Then it only counts, and for every so many bytes as one frame of the case has, sends an echo that was
 * encoded beforehand, all that are due in one write. It reads no header, unmasks nothing and looks at no payload. It uses the
 * runtime's ordinary way of reading, so a server that reads into a buffer of its own can come out below it.
 */
import type { EchoCase } from "../cases.ts";
import { encodeBurst, encodeReply } from "../wire.ts";

export class RawConnection {
  private isOpen = false;
  private unanswered = 0;

  /** @returns how many echoes are due; -1: the opening handshake is. */
  received(chunk: Uint8Array, frameBytes: number): number {
    if (!this.isOpen) {
      // The generator writes its head at once, and nothing behind it before the answer.
      if (!Buffer.from(chunk).toString("latin1").endsWith("\r\n\r\n")) {
        throw new Error("a head in pieces");
      }
      this.isOpen = true;
      return -1;
    }
    this.unanswered += chunk.length;
    const due = Math.floor(this.unanswered / frameBytes);
    this.unanswered -= due * frameBytes;
    return due;
  }
}

export interface RawCase {
  readonly frameBytes: number;
  readonly replies: Buffer;
  readonly replyBytes: number;
  readonly isBroadcast: boolean;
}

export function rawCaseOf(echoCase: EchoCase): RawCase {
  const { inFlight, exchange } = echoCase;
  const reply = encodeReply(echoCase);
  return {
    frameBytes: encodeBurst(echoCase).length / inFlight,
    replies: Buffer.concat(new Array<Buffer>(inFlight).fill(reply)),
    replyBytes: reply.length,
    isBroadcast: exchange === "broadcast",
  };
}
