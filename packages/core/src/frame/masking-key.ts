/**
 * Masking keys (RFC 6455 §5.3): fresh and unpredictable for every frame that a client sends, "derived from a strong source of
 * entropy".
 */

/**
 * Keys that the host's source of entropy has given at once. A key from the pool costs a hundredth of a call for one key
 * (`pnpm bench --only kernels`, Node 20).
 */
export interface MaskingKeyPool {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly keys: Int32Array<ArrayBuffer>;
  /** Index of the next unused key. */
  next: number;
}

const POOL_KEYS = 2048;

export function createMaskingKeyPool(): MaskingKeyPool {
  const buffer = new ArrayBuffer(POOL_KEYS * 4);
  return { bytes: new Uint8Array(buffer), keys: new Int32Array(buffer), next: POOL_KEYS };
}

/** @param random fills the array it is given with unpredictable bytes. */
export function nextMaskingKey(
  pool: MaskingKeyPool,
  random: (into: Uint8Array<ArrayBuffer>) => void,
): number {
  if (pool.next === POOL_KEYS) {
    random(pool.bytes);
    pool.next = 0;
  }
  const key = pool.keys[pool.next]!;
  // A key is used once: what has been on the wire does not stay in memory.
  pool.keys[pool.next] = 0;
  pool.next += 1;
  return key;
}
