/**
 * Copies of small writes. A write of Deno's holds its memory until a promise resolves, so the bytes are copied first. New
 * memory for each copy would cost more than the write's system call: 1.5 µs of CPU time for an echo of 64 bytes, most of it in
 * the garbage collector (Deno 2.9.6). So the copies are used again.
 */

/** Bytes of a copy, at most. Most messages fit. */
export const COPY_BYTES = 4_096;

/** Copies that are used again: 1 MiB in all. A broadcast to more connections makes copies that are just as long as the frame. */
const KEPT = 256;
const kept: WriteCopy[] = [];
/** Copies of {@link COPY_BYTES} that were made. */
let made = 0;

/** The connection whose bytes a copy holds. */
export interface CopyOwner {
  copyWritten(copy: WriteCopy, byteCount: number): void;
  copyFailed(error: unknown): void;
}

/** One copy, with the functions that hear of its write: an idle connection has neither. */
export class WriteCopy {
  private readonly memory: Uint8Array<ArrayBuffer>;
  private owner: CopyOwner | null = null;
  /** The bytes to write. The view is kept too, as the next message may be as long. */
  bytes: Uint8Array<ArrayBuffer>;

  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.memory = memory;
    this.bytes = memory;
  }

  hold(owner: CopyOwner, chunk: Uint8Array): void {
    this.owner = owner;
    if (this.bytes.length !== chunk.length) this.bytes = this.memory.subarray(0, chunk.length);
    this.bytes.set(chunk);
  }

  readonly written = (byteCount: number): void => this.owner!.copyWritten(this, byteCount);
  readonly failed = (error: unknown): void => {
    const owner = this.owner!;
    this.release();
    owner.copyFailed(error);
  };

  /** Deno looks at the copy no more. */
  release(): void {
    this.owner = null;
    if (this.memory.length === COPY_BYTES) kept.push(this);
  }
}

/** @param chunk at most {@link COPY_BYTES} bytes. */
export function copyOf(owner: CopyOwner, chunk: Uint8Array): WriteCopy {
  const copy = kept.pop() ?? newCopy(chunk.length);
  copy.hold(owner, chunk);
  return copy;
}

function newCopy(byteCount: number): WriteCopy {
  if (made >= KEPT) return new WriteCopy(new Uint8Array(byteCount));
  made += 1;
  return new WriteCopy(new Uint8Array(COPY_BYTES));
}
