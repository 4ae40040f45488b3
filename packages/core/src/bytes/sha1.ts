/**
 * SHA-1, FIPS 180-4 §6.1. The opening handshake uses SHA-1 as a proof that the peer has read the request, and not as a
 * secret (RFC 6455 §10.8). A connection needs one hash, so speed does not matter. The code follows the standard step by
 * step, in the letters of the standard.
 */

const BLOCK_BYTES = 64;
/** The least padding: one 0x80 byte and the 64-bit length. */
const SMALLEST_PADDING = 9;

/** The 20 bytes of the digest, in an array of its own. `message` is only read. */
export function sha1(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = pad(message);
  const digest = new DataView(new ArrayBuffer(20));
  // §5.3.1: the initial hash value.
  digest.setInt32(0, 0x67452301);
  digest.setInt32(4, 0xefcdab89);
  digest.setInt32(8, 0x98badcfe);
  digest.setInt32(12, 0x10325476);
  digest.setInt32(16, 0xc3d2e1f0);
  const schedule = new Int32Array(80);
  for (let start = 0; start < padded.byteLength; start += BLOCK_BYTES) {
    prepareSchedule(padded, start, schedule);
    addBlock(digest, schedule);
  }
  return new Uint8Array(digest.buffer);
}

/** §5.1.1: a 1 bit, then zeros, then the length in bits in the last 64 of a block. */
function pad(message: Uint8Array): DataView<ArrayBuffer> {
  const blocks = Math.ceil((message.length + SMALLEST_PADDING) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x2000_0000));
  view.setUint32(padded.length - 4, (message.length * 8) >>> 0);
  return view;
}

/** §6.1.2, step 1. */
function prepareSchedule(padded: DataView, start: number, W: Int32Array): void {
  for (let t = 0; t < 16; t += 1) W[t] = padded.getInt32(start + t * 4);
  for (let t = 16; t < 80; t += 1) W[t] = rotl(1, W[t - 3]! ^ W[t - 8]! ^ W[t - 14]! ^ W[t - 16]!);
}

/** §6.1.2, steps 2 to 4. */
function addBlock(digest: DataView, W: Int32Array): void {
  let a = digest.getInt32(0);
  let b = digest.getInt32(4);
  let c = digest.getInt32(8);
  let d = digest.getInt32(12);
  let e = digest.getInt32(16);
  for (let t = 0; t < 80; t += 1) {
    // §4.1.1 the functions, §4.2.1 the constants, of each twenty steps.
    let f: number;
    let K: number;
    if (t < 20) {
      f = (b & c) ^ (~b & d);
      K = 0x5a827999;
    } else if (t < 40) {
      f = b ^ c ^ d;
      K = 0x6ed9eba1;
    } else if (t < 60) {
      f = (b & c) ^ (b & d) ^ (c & d);
      K = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      K = 0xca62c1d6;
    }
    const T = (rotl(5, a) + f + e + K + W[t]!) | 0;
    e = d;
    d = c;
    c = rotl(30, b);
    b = a;
    a = T;
  }
  digest.setInt32(0, digest.getInt32(0) + a);
  digest.setInt32(4, digest.getInt32(4) + b);
  digest.setInt32(8, digest.getInt32(8) + c);
  digest.setInt32(12, digest.getInt32(12) + d);
  digest.setInt32(16, digest.getInt32(16) + e);
}

/** §3.2: the circular left shift. */
function rotl(count: number, word: number): number {
  return (word << count) | (word >>> (32 - count));
}
