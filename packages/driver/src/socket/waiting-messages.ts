/** Messages that wait for the application, in the order in which they came. */
import type { Message } from "./hooks.ts";

/** An object per message costs memory too: a peer who sends empty messages must not get it for nothing. */
const BYTES_PER_MESSAGE = 64;

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
}

export class WaitingMessages {
  /** Those before `first` were taken. */
  private messages: Waiting[] = [];
  private first = 0;
  /** What they cost in memory. */
  bytes = 0;

  get count(): number {
    return this.messages.length - this.first;
  }

  /** @param length of the message in bytes. */
  add(message: Message, length: number): void {
    const bytes = length + BYTES_PER_MESSAGE;
    this.messages.push({ message, bytes });
    this.bytes += bytes;
  }

  /** The first of them. One must be there. */
  take(): Message {
    const { messages } = this;
    const { message, bytes } = messages[this.first]!;
    this.bytes -= bytes;
    this.first += 1;
    // What was taken is let go of in large steps: shifting an array each time is quadratic in the worst case.
    if (this.first >= 1_024 && this.first * 2 >= messages.length) {
      this.messages = messages.slice(this.first);
      this.first = 0;
    }
    return message;
  }
}
