/** The `for await` loops over one connection: which of them wait for a message, and which have one to answer. */
import type { Message } from "./message.ts";

/** A loop that has begun. */
export interface Loop {
  isLeft: boolean;
  /** The generation in which the loop has taken a message and not asked for the next one; 0 for none. */
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
  /** Loops that have begun and were not left. */
  begun = 0;
  /** Of them, the loops that have taken a message and not asked for the next one. */
  answering = 0;
  /** A loop was left while our Close waited for its answer, which may still come. */
  isAnswerLeft = false;
  /** Grows with each loop that begins. A new loop takes over from the older ones: one `next()` of a fresh iterator is a whole loop. */
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

  /** Gives the message to the loop that waits longest. Not to be called when none waits. */
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

  /** A loop has answered a message when it asks for the next one. */
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
    // A `next()` that waits beside `return()` would lose the message that it waits for.
    for (const parked of this.parked) if (parked.loop === loop) parked.resolve(END_OF_LOOP);
    this.parked = this.parked.filter((parked) => parked.loop !== loop);
  }

  /** No message comes any more. @param error what the loops throw; null: they end. */
  end(error: unknown): void {
    const { parked } = this;
    this.parked = [];
    for (const { resolve, reject } of parked) {
      if (error === null) resolve(END_OF_LOOP);
      else reject(error);
    }
  }
}
