/**
 * Memory to read into, for runtimes where a read holds its memory until something arrives, and where many reads end in one
 * turn of the event loop, so that no two connections can share one. Idle connections hold a small buffer: 3,000 of Deno's
 * take 65 MiB in all, and 205 MiB with large ones. A large one is lent to those whose last read has filled what it had.
 */

/** What an idle connection holds. Most messages fit. */
const SMALL = 4_096;

/** As large as the engine's own scratch. */
const LARGE = 65_536;

/** Decrypted octets come by the record (RFC 8446 §5.1), never more of them in one read. */
const LARGE_TLS = 16_384;

/**
 * Large buffers that may be held by connections that wait for more, and that are kept for the next who needs one. Whoever
 * gets messages between the two sizes would otherwise read each of them twice: 31 in place of 20 µs at 16 KiB.
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
  /** What the next read may fill. */
  memory: Uint8Array = this.small;

  constructor(isTls: boolean) {
    this.large = isTls ? LARGE_TLS : LARGE;
  }

  /** What a read has brought. */
  filled(count: number): Uint8Array {
    return count === this.memory.length ? this.memory : this.memory.subarray(0, count);
  }

  /** Nobody looks at what that read has brought any more: makes ready for the next one. */
  ready(count: number): void {
    const { memory } = this;
    const isFull = count === memory.length;
    if (memory === this.small) {
      if (isFull) this.memory = take(this.large);
    } else if (!isFull && (count <= SMALL || lent > HELD)) {
      this.shrink();
    }
  }

  /** Nobody is reading into it, nor from it. */
  shrink(): void {
    if (this.memory !== this.small) giveBack(this.memory);
    this.memory = this.small;
  }
}
