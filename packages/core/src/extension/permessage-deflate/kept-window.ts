/**
 * The last bytes of one direction, as DEFLATE may refer to them (RFC 7692 §7.1.2). A codec keeps them too, and no codec shows
 * them: with the option `movable` a connection keeps its own copy, so that the connection can move to another process.
 */

export interface KeptWindow {
  /** At most so many bytes count: two to the power of the window bits. */
  readonly size: number;
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
}

export function createKeptWindow(windowBits: number): KeptWindow {
  return { size: 2 ** windowBits, bytes: new Uint8Array(256), length: 0 };
}

/** Moves to the front only when twice the window has come, so that small messages cost no large copy each. */
export function keepInWindow(kept: KeptWindow, piece: Uint8Array): void {
  const { size } = kept;
  const added = piece.length > size ? piece.subarray(piece.length - size) : piece;
  if (kept.length + added.length > size * 2) {
    const start = Math.max(0, kept.length + added.length - size);
    kept.bytes.copyWithin(0, start, kept.length);
    kept.length -= start;
  }
  const needed = kept.length + added.length;
  if (needed > kept.bytes.length) {
    const larger = new Uint8Array(Math.min(size * 2, Math.max(needed, kept.bytes.length * 2)));
    larger.set(kept.bytes.subarray(0, kept.length));
    kept.bytes = larger;
  }
  kept.bytes.set(added, kept.length);
  kept.length = needed;
}

/** A view of the bytes that count. */
export function windowBytes({ bytes, length, size }: KeptWindow): Uint8Array {
  return bytes.subarray(Math.max(0, length - size), length);
}

export function clearWindow(kept: KeptWindow): void {
  kept.length = 0;
}
