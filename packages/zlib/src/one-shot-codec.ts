/**
 * DEFLATE message by message, on the public functions of node:zlib alone: what is left where the private way of
 * `zlib-context` fails its self-test. Twice as slow for short messages, and without context takeover.
 */
import { Buffer, constants as limits } from "node:buffer";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { DeflateCodec, Deflater, Inflater } from "@sansocket/core/permessage-deflate";

/** DEFLATE makes data longer by five bytes in 64 KiB at most; more than this much longer is padding. */
const MOST_PADDING_BYTES = 65_536;

export const oneShotCodec: DeflateCodec = {
  keepsContext: false,

  createDeflater({ windowBits, level, memLevel }): Deflater {
    const options = {
      windowBits: Math.max(windowBits, 9),
      level,
      memLevel,
      finishFlush: constants.Z_SYNC_FLUSH,
    };
    return {
      deflate: (payload) => deflateRawSync(payload, options),
      reset() {},
      dispose() {},
    };
  },

  createInflater(): Inflater {
    let pieces: Uint8Array[] = [];
    let gathered = 0;
    const forget = (): void => {
      pieces = [];
      gathered = 0;
    };
    return {
      inflate(payload, isLast, budget, sink) {
        // The caller's bytes are only lent. One message is inflated at a time, since its pieces need one window.
        pieces.push(Buffer.from(payload));
        gathered += payload.length;
        if (gathered > budget + MOST_PADDING_BYTES) return "limit";
        if (!isLast) return "ok";
        const message = Buffer.concat(pieces, gathered);
        forget();
        return inflateStreams(message, budget, sink);
      },
      reset: forget,
      dispose: forget,
    };
  },
};

/** A message is one DEFLATE stream, or several where a block has BFINAL set (RFC 7692 §7.2.3.4). */
function inflateStreams(
  message: Uint8Array,
  budget: number,
  sink: (inflated: Uint8Array) => void,
): "ok" | "corrupt" | "limit" {
  let left = budget;
  for (let rest = message; rest.length > 0; ) {
    let used: number;
    let inflated: Uint8Array;
    try {
      const result = inflateRawSync(rest, {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: Math.min(left + 1, limits.MAX_LENGTH),
        info: true,
      }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
      inflated = result.buffer;
      used = result.engine.bytesWritten;
    } catch (error) {
      return (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" ? "limit" : "corrupt";
    }
    if (inflated.length > left) {
      if (left > 0) sink(inflated.subarray(0, left));
      return "limit";
    }
    left -= inflated.length;
    if (inflated.length > 0) sink(inflated);
    if (used === 0 || used >= rest.length) break;
    rest = rest.subarray(used);
  }
  return "ok";
}
