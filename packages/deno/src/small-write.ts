/**
 * Small writes under way. A write of Deno's holds its memory until a promise resolves. So bytes of the engine's memory are
 * copied first. New memory for each copy would cost more than the write's system call: 1.5 µs of CPU time for an echo of 64
 * bytes, most of it in the garbage collector (Deno 2.9.6). So the copies are used again.
 */

/** Bytes of a copy, at most. Most messages fit. */
export const COPY_BYTES = 4_096;

/** Copies that are used again: 1 MiB in all. Behind them, a copy is just as long as the frame. */
const KEPT = 256;
const kept: SmallWrite[] = [];
/** Copies of {@link COPY_BYTES} that were made. */
let made = 0;

/** Writes without a copy that are used again. Each has two functions: a broadcast to many makes none. */
const KEPT_LENT = 1_024;
const keptLent: SmallWrite[] = [];

/** The connection that writes. */
export interface Writer {
  smallWritten(write: SmallWrite, byteCount: number): void;
  smallFailed(error: unknown): void;
}

/** One write, with the functions that hear of it: an idle connection has neither. */
export class SmallWrite {
  /** null: the bytes are lent to Deno without a copy. */
  private readonly memory: Uint8Array<ArrayBuffer> | null;
  private writer: Writer | null = null;
  /** The bytes to write. The view of a copy is kept too, as the next message may be as long. */
  bytes: Uint8Array;

  constructor(memory: Uint8Array<ArrayBuffer> | null) {
    this.memory = memory;
    this.bytes = memory ?? NO_BYTES;
  }

  hold(writer: Writer, chunk: Uint8Array): void {
    const { memory } = this;
    this.writer = writer;
    if (memory === null) {
      this.bytes = chunk;
      return;
    }
    if (this.bytes.length !== chunk.length) this.bytes = memory.subarray(0, chunk.length);
    this.bytes.set(chunk);
  }

  readonly written = (byteCount: number): void => this.writer!.smallWritten(this, byteCount);
  readonly failed = (error: unknown): void => {
    const writer = this.writer!;
    this.release();
    writer.smallFailed(error);
  };

  /** Deno looks at the bytes no more. */
  release(): void {
    this.writer = null;
    if (this.memory === null) {
      this.bytes = NO_BYTES;
      if (keptLent.length < KEPT_LENT) keptLent.push(this);
    } else if (this.memory.length === COPY_BYTES) {
      kept.push(this);
    }
  }
}

const NO_BYTES = new Uint8Array(0);

/**
 * A broadcast of 1 KiB to 1,000 connections takes no memory so.
 * @param chunk nobody writes it again.
 */
export function lentWrite(writer: Writer, chunk: Uint8Array): SmallWrite {
  const write = keptLent.pop() ?? new SmallWrite(null);
  write.hold(writer, chunk);
  return write;
}

/** @param chunk at most {@link COPY_BYTES} bytes. */
export function copyOf(writer: Writer, chunk: Uint8Array): SmallWrite {
  const copy = kept.pop() ?? newCopy(chunk.length);
  copy.hold(writer, chunk);
  return copy;
}

function newCopy(byteCount: number): SmallWrite {
  if (made >= KEPT) return new SmallWrite(new Uint8Array(byteCount));
  made += 1;
  return new SmallWrite(new Uint8Array(COPY_BYTES));
}
