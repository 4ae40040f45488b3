/**
 * Memory to read into. A read of Deno's holds its buffer until something arrives, and many reads end in one turn of the
 * event loop, so no two connections can share one. Idle ones hold a small buffer: 3,000 of them take 65 MiB in all, and
 * 205 MiB with large ones. A large one is lent to those whose last read has filled what it had.
 */

/** What an idle connection holds. Most messages fit. */
export const SMALL_READ = 4_096;

/** As large as the engine's own scratch. */
export const LARGE_READ = 65_536;

/** Decrypted octets come by the record (RFC 8446 §5.1), never more of them in one read. */
export const LARGE_TLS_READ = 16_384;

/**
 * Large buffers that may be held by connections that wait for more, and that are kept for the next who needs one. Whoever
 * gets messages between the two sizes would otherwise read each of them twice: 31 in place of 20 µs at 16 KiB.
 */
const HELD = 64;

const free: Map<number, Uint8Array[]> = new Map();
let lent = 0;

export function takeLargeBuffer(size: number): Uint8Array {
  lent += 1;
  return free.get(size)?.pop() ?? new Uint8Array(size);
}

/** Nobody may be reading into it, nor from it. */
export function returnLargeBuffer(buffer: Uint8Array): void {
  lent -= 1;
  const kept = free.get(buffer.length);
  if (kept === undefined) free.set(buffer.length, [buffer]);
  else if (kept.length < HELD) kept.push(buffer);
}

/** Whether one may wait for more with a large buffer. */
export function mayHoldLargeBuffer(): boolean {
  return lent <= HELD;
}
