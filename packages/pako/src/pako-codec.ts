/** The codec on the low-level functions of pako. */
import type { DeflateCodec, Deflater, Inflater } from "@sansocket/core/permessage-deflate";
import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  ZStream,
  zlibDeflate,
  zlibDeflateEnd,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibInflate,
  zlibInflateEnd,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
} from "pako";

/** zlib's method number of DEFLATE, and the only one. */
const Z_DEFLATED = 8;
/** zlib has no window of 8 bits for raw DEFLATE; with 9 bits no match reaches back further than 250 bytes. */
const LEAST_WINDOW_BITS = 9;
/** Output leaves an inflater in pieces of this size, which all inflaters write into in turn. */
const PIECE_BYTES = 16_384;
const sharedPiece: Uint8Array<ArrayBuffer> = new Uint8Array(PIECE_BYTES);
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * @param atEnd what becomes of the window behind a block with BFINAL. It stays: RFC 7692 §7.2.2 lets the next message refer to it.
 * node:zlib forgets it, which a test compares with.
 */
export function createPakoCodec(atEnd: "keep window" | "forget window"): DeflateCodec {
  const resetAtEnd = atEnd === "keep window" ? zlibInflateResetKeep : zlibInflateReset;
  return {
    keepsContext: true,
    createDeflater,
    createInflater: (options) => createInflater(options, resetAtEnd),
  };
}

function createDeflater(options: {
  readonly windowBits: number;
  readonly level: number;
  readonly memLevel: number;
}): Deflater {
  const stream = new ZStream();
  const windowBits = Math.max(options.windowBits, LEAST_WINDOW_BITS);
  // A negative number of bits means raw DEFLATE, without zlib's own header and checksum.
  demand(
    zlibDeflateInit2(
      stream,
      options.level,
      Z_DEFLATED,
      -windowBits,
      options.memLevel,
      Z_DEFAULT_STRATEGY,
    ) === Z_OK,
    "zlibDeflateInit2",
  );
  let output: Uint8Array<ArrayBuffer> = sharedPiece;
  return {
    deflate(payload) {
      output = sharedPiece;
      stream.input = payload;
      stream.next_in = 0;
      stream.avail_in = payload.length;
      stream.next_out = 0;
      for (;;) {
        stream.output = output;
        stream.avail_out = output.length - stream.next_out;
        const status = zlibDeflate(stream, Z_SYNC_FLUSH);
        demand(status === Z_OK || status === Z_BUF_ERROR, "zlibDeflate");
        // zlib is done when it leaves room: a full buffer may hide more output.
        if (stream.avail_out > 0) break;
        const larger = new Uint8Array(output.length * 2);
        larger.set(output);
        output = larger;
      }
      stream.input = NOTHING;
      return output.subarray(0, stream.next_out);
    },
    reset: () => demand(zlibDeflateReset(stream) === Z_OK, "zlibDeflateReset"),
    dispose() {
      zlibDeflateEnd(stream);
    },
  };
}

function createInflater(
  options: { readonly windowBits: number },
  resetAtEnd: typeof zlibInflateReset,
): Inflater {
  const stream = new ZStream();
  demand(
    zlibInflateInit2(stream, -Math.max(options.windowBits, LEAST_WINDOW_BITS)) === Z_OK,
    "zlibInflateInit2",
  );
  return {
    inflate(payload, _isLast, budget, sink) {
      stream.input = payload;
      stream.next_in = 0;
      stream.avail_in = payload.length;
      const verdict = inflateInput(stream, budget, sink, resetAtEnd);
      stream.input = NOTHING;
      return verdict;
    },
    reset: () => demand(zlibInflateReset(stream) === Z_OK, "zlibInflateReset"),
    dispose() {
      zlibInflateEnd(stream);
    },
  };
}

function inflateInput(
  stream: ZStream,
  budget: number,
  sink: (inflated: Uint8Array) => void,
  resetAtEnd: typeof zlibInflateReset,
): "ok" | "corrupt" | "limit" {
  let left = budget;
  for (;;) {
    stream.output = sharedPiece;
    stream.next_out = 0;
    // One byte more than the budget tells that there is more, and no output beyond that byte is made.
    stream.avail_out = Math.min(PIECE_BYTES, left + 1);
    const status = zlibInflate(stream, Z_SYNC_FLUSH);
    const length = stream.next_out;
    const allowed = Math.min(length, left);
    if (allowed > 0) sink(sharedPiece.subarray(0, allowed));
    if (allowed < length) return "limit";
    left -= length;
    if (status === Z_STREAM_END) {
      // RFC 7692 §7.2.3.4: a block with BFINAL ends a DEFLATE stream. The window stays: §7.2.2 lets the next message refer to it.
      resetAtEnd(stream);
      if (stream.avail_in === 0) return "ok";
      continue;
    }
    // Z_BUF_ERROR: nothing to do, because all input is used or the output was full before.
    if (status !== Z_OK && status !== Z_BUF_ERROR) return "corrupt";
    if (stream.avail_out > 0) return "ok";
  }
}

function demand(isMet: boolean, name: string): void {
  if (!isMet) throw new Error(`bug: ${name} of pako has failed`);
}
