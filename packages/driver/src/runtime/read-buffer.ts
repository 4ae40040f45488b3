/**
 * Memory to read into, for runtimes where a read holds its memory until something arrives. Many reads end in one turn of the
 * event loop there, so that two connections cannot share a buffer. An idle connection holds a small buffer: 3,000 connections
 * of Deno's take 65 MiB in all, and 205 MiB with large buffers. A connection whose last read has filled its buffer gets a
 * large one.
 */

/** Bytes that an idle connection holds. Most messages fit. */
const SMALL = 4_096;

/** As large as the engine's inbox, so that one read brings a message of 64 KiB with its header. */
const LARGE = 65_600;

/** TLS decrypts record by record (RFC 8446 §5.1), and one read brings at most one record. */
const LARGE_TLS = 16_384;

/**
 * Large buffers that connections may hold while they wait for more bytes, and that are kept for the next connection. Otherwise a
 * connection would need two reads for each message between the two sizes: 31 µs in place of 20 µs at 16 KiB.
 */
const HELD = 64;

const free: Map<number, Uint8Array[]> = new Map();
let lent = 0;

function take(size: number): Uint8Array {
  lent += 1;
  return free.get(size)?.pop() ?? new Uint8Array(size);
}

function giveBack(buffer: Uint8Array): void {
  lent -= 1;
  const kept = free.get(buffer.length);
  if (kept === undefined) free.set(buffer.length, [buffer]);
  else if (kept.length < HELD) kept.push(buffer);
}

export class ReadBuffer {
  private readonly small: Uint8Array = new Uint8Array(SMALL);
  private readonly large: number;
  /** The memory that the next read may fill. */
  memory: Uint8Array = this.small;

  constructor(isTls: boolean) {
    this.large = isTls ? LARGE_TLS : LARGE;
  }

  /** The bytes that a read has brought. */
  filled(count: number): Uint8Array {
    return count === this.memory.length ? this.memory : this.memory.subarray(0, count);
  }

  /** Prepares the next read. Nobody looks at the bytes of the last read any more. */
  ready(count: number): void {
    const { memory } = this;
    const isFull = count === memory.length;
    if (memory === this.small) {
      if (isFull) this.memory = take(this.large);
    } else if (!isFull && (count <= SMALL || lent > HELD)) {
      this.shrink();
    }
  }

  /** No read is under way, and nobody looks at the bytes of the last one. */
  shrink(): void {
    if (this.memory !== this.small) giveBack(this.memory);
    this.memory = this.small;
  }
}
