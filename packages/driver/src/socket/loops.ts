/** The `for await` loops over one connection: which loops wait for a message, and which loops have a message to answer. */
import type { Message } from "./message.ts";

/** A loop that has begun. */
export interface Loop {
  isLeft: boolean;
  /** The generation in which the loop took a message, while the loop has not asked for the next message; 0 for none. */
  answersIn: number;
}

/** A `next()` of a loop that waits for a message. */
interface Parked {
  readonly loop: Loop;
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(error: unknown): void;
}

export const END_OF_LOOP: IteratorReturnResult<undefined> = { value: undefined, done: true };

export class Loops {
  /** The number of loops that have begun and were not left. */
  begun = 0;
  /** The number of begun loops that have taken a message and have not asked for the next message. */
  answering = 0;
  /** A loop was left while our Close waited for the answer of the loop. The answer may still come. */
  isAnswerLeft = false;
  /**
   * Grows with each loop that begins. A new loop replaces the older loops, because one `next()` of a new iterator is a whole
   * loop.
   */
  private generation = 0;
  private parked: Parked[] = [];

  begin(): Loop {
    this.begun += 1;
    this.generation += 1;
    this.answering = 0;
    return { isLeft: false, answersIn: 0 };
  }

  get isParked(): boolean {
    return this.parked.length > 0;
  }

  /** The loop waits for a message. */
  park(loop: Loop): Promise<IteratorResult<Message, undefined>> {
    return new Promise((resolve, reject) => {
      this.parked.push({ loop, resolve, reject });
    });
  }

  /** Gives the message to the loop that has waited longest. Call this method only while a loop waits. */
  give(message: Message): void {
    const { loop, resolve } = this.parked.shift()!;
    this.takes(loop);
    resolve({ value: message, done: false });
  }

  takes(loop: Loop): void {
    if (loop.answersIn === this.generation) return;
    loop.answersIn = this.generation;
    this.answering += 1;
  }

  /** A loop has answered its message when the loop asks for the next message. */
  asks(loop: Loop): void {
    this.stopsAnswering(loop);
    this.isAnswerLeft = false;
  }

  private stopsAnswering(loop: Loop): void {
    if (loop.answersIn === this.generation) this.answering -= 1;
    loop.answersIn = 0;
  }

  /** @param isAnswerAwaited our Close waits for messages that the loop may still write. */
  leave(loop: Loop, isAnswerAwaited: boolean): void {
    loop.isLeft = true;
    this.begun -= 1;
    if (loop.answersIn === this.generation && isAnswerAwaited) this.isAnswerLeft = true;
    this.stopsAnswering(loop);
    // A `next()` that still waits after `return()` would take a message and lose the message.
    for (const parked of this.parked) if (parked.loop === loop) parked.resolve(END_OF_LOOP);
    this.parked = this.parked.filter((parked) => parked.loop !== loop);
  }

  /** No more messages come. @param error the error that the loops throw; null: the loops end without an error. */
  end(error: unknown): void {
    const { parked } = this;
    this.parked = [];
    for (const { resolve, reject } of parked) {
      if (error === null) resolve(END_OF_LOOP);
      else reject(error);
    }
  }
}
