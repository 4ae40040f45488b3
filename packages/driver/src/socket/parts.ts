/**
 * The parts of one message, from a source of the application. The driver asks for one part at a time, cuts the part into
 * pieces, and leaves the source when the message ends early.
 */
import { isBytes, MisuseError } from "@sansocket/core";

export type Part = string | Uint8Array;
export type PartSource = AsyncIterable<Part> | Iterable<Part>;

export class Parts {
  private readonly source: PartSource;
  private iterator: AsyncIterator<Part> | Iterator<Part> | null = null;
  /** The source has ended or has failed: there is no source to leave. */
  private isOver = false;
  /** Resolves the waiting promise of `next`. */
  private resolve: ((part: null) => void) | null = null;

  constructor(source: PartSource) {
    this.source = source;
  }

  /** @returns null after the last part, and after a call of {@link leave}. */
  next(): Promise<Part | null> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.ask().then(resolve, reject);
    });
  }

  private async ask(): Promise<Part | null> {
    try {
      this.iterator ??= iteratorOf(this.source);
      const { done, value } = await this.iterator.next();
      this.isOver = done === true;
      return this.isOver ? null : await value; // the values of a plain iterator may be promises
    } catch (error) {
      this.isOver = true;
      throw error;
    }
  }

  /** Does not wait for the answer of the source, because the source may wait for an event that never comes. */
  leave(): void {
    this.resolve?.(null);
    if (this.isOver) return;
    this.isOver = true;
    try {
      this.iterator ??= iteratorOf(this.source);
      Promise.resolve(this.iterator.return?.()).catch(() => {});
    } catch {
      // The message needs no more parts, so a failure of the source does not matter.
    }
  }
}

function iteratorOf(source: PartSource): AsyncIterator<Part> | Iterator<Part> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return (source as Iterable<Part>)[Symbol.iterator]();
}

export const EMPTY_PART: Uint8Array = new Uint8Array(0);

/** The largest size of a fragment. While the peer is slow, one fragment waits in memory, and not the whole part. */
export const LARGEST_PIECE = 65_536;

export function* pieces(part: Part, largest: number): Generator<Part, void, undefined> {
  if (typeof part !== "string" && !isBytes(part)) {
    throw new MisuseError("sendStream takes parts that are strings or Uint8Arrays");
  }
  for (let at = 0; at < part.length; at += largest) {
    const end = at + largest;
    yield typeof part === "string" ? part.slice(at, end) : part.subarray(at, end);
  }
}
