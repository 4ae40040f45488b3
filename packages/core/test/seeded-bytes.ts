/** Bytes that look random and are the same in every run, so that what fails once fails again. */

/** Xorshift32 (Marsaglia 2003); a different row of numbers for every seed. */
export function seededNumbers(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e37_79b1) ^ 0x5bd1_e995) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export function randomBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const next = seededNumbers(seed);
  return Uint8Array.from({ length }, () => next() >>> 11);
}
