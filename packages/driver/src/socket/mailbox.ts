/** Messages that wait for the application, in the order in which they arrived. */
import type { Message } from "./message.ts";

/** Each message also costs the memory of an object, so that the limit holds for a peer that sends empty messages too. */
export const BYTES_PER_MESSAGE = 64;

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
}

export class Mailbox {
  /** Number of bytes of the waiting messages, plus 64 for each message. */
  bytes = 0;
  private waiting: Waiting[] = [];
  /** The messages before this index are taken. */
  private first = 0;
  /** Microtasks since a message was taken, as far as `gathering` has counted them. */
  microtasks = 0;
  /** `gathering` waits for the application to take the next message. */
  isWatched = false;

  get count(): number {
    return this.waiting.length - this.first;
  }

  /** @param byteCount number of bytes of the message as the message arrived. @returns {@link bytes}. */
  add(message: Message, byteCount: number): number {
    const bytes = byteCount + BYTES_PER_MESSAGE;
    this.waiting.push({ message, bytes });
    this.bytes += bytes;
    return this.bytes;
  }

  /** @returns the first message. Call this method only while a message waits. */
  take(): Message {
    const { message, bytes } = this.waiting[this.first]!;
    this.bytes -= bytes;
    this.first += 1;
    this.microtasks = 0;
    if (this.first >= 1_024 && this.first * 2 >= this.waiting.length) {
      // Taken messages are removed in large steps: one `shift` of the array for each message is quadratic in the worst case.
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    return message;
  }
}
