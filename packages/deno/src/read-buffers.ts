/**
 * Memory to read into. A read of Deno's holds its buffer until something arrives, and many reads end in one turn of the
 * event loop, so no two connections can share one. Idle ones hold a small buffer; a large one is lent to those whose
 * last read has filled what it had.
 */

/** What an idle connection costs. Most messages fit. */
export const SMALL_READ = 4_096;

/** As large as the engine's own scratch. */
export const LARGE_READ = 65_536;

/** Decrypted octets come by the record (RFC 8446 §5.1), never more of them in one read. */
export const LARGE_TLS_READ = 16_384;

/** Large buffers that are kept for the next who needs one, of each size. */
const KEPT = 16;

const free: Map<number, Uint8Array[]> = new Map();

export function takeLargeBuffer(size: number): Uint8Array {
  return free.get(size)?.pop() ?? new Uint8Array(size);
}

/** Nobody may be reading into it, nor from it. */
export function returnLargeBuffer(buffer: Uint8Array): void {
  const kept = free.get(buffer.length);
  if (kept === undefined) free.set(buffer.length, [buffer]);
  else if (kept.length < KEPT) kept.push(buffer);
}
