/** Messages that wait for the application, in the order in which they arrived. */
import type { Message } from "./message.ts";

/** An object per message costs memory too: a peer that sends empty messages must not get the memory for nothing. */
const BYTES_PER_MESSAGE = 64;

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
}

export class Mailbox {
  /** Bytes of the messages that wait, 64 for each message included. */
  bytes = 0;
  private waiting: Waiting[] = [];
  /** The messages before this index are taken. */
  private first = 0;

  get count(): number {
    return this.waiting.length - this.first;
  }

  /** @param byteCount bytes of the message as it arrived. */
  add(message: Message, byteCount: number): void {
    const bytes = byteCount + BYTES_PER_MESSAGE;
    this.waiting.push({ message, bytes });
    this.bytes += bytes;
  }

  /** @returns the first message. Not to be called when none waits. */
  take(): Message {
    const { message, bytes } = this.waiting[this.first]!;
    this.bytes -= bytes;
    this.first += 1;
    if (this.first >= 1_024 && this.first * 2 >= this.waiting.length) {
      // Taken messages are removed in large steps: shifting an array each time is quadratic in the worst case.
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    return message;
  }
}
