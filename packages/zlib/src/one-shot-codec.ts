/**
 * DEFLATE message by message, on the public functions of node:zlib alone: what is left where the private way of
 * `zlib-context` fails its self-test. Twice as slow for short messages, and without context takeover.
 */
import { Buffer, constants as limits } from "node:buffer";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { DeflateCodec, Deflater, Inflater } from "@sansocket/core/permessage-deflate";

/** DEFLATE makes data longer by five bytes in 64 KiB at most; more than this much longer is padding. */
const MOST_PADDING_BYTES = 65_536;

/**
 * DEFLATE by public functions of `node:zlib` only: each message by itself, without context takeover. See {@link
 * zlibCodec}.
 */
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
        if (!isLast) {
          // The caller's bytes are only lent. One message is inflated at a time, since its pieces need one window.
          pieces.push(Buffer.from(payload));
          gathered += payload.length;
          return gathered > budget + MOST_PADDING_BYTES ? "limit" : "ok";
        }
        const message = Buffer.concat(pieces, gathered);
        forget();
        return inflateMessage(message, payload, budget, sink);
      },
      reset: forget,
      dispose: forget,
    };
  },
};

/** RFC 7692 §7.2.3.4, without data: behind a message that ends where it should, this block ends the DEFLATE stream too. */
const FINAL_EMPTY_BLOCK: Uint8Array = Uint8Array.of(0x01, 0x00, 0x00, 0xff, 0xff);

/**
 * Inflates twice: the message alone, and then with its ending. A message that was cut off inside a block takes the ending
 * for its own data, and then more comes out, or the stream does not end. The second pass costs as much as the first, which is
 * bearable for a codec of last resort.
 */
function inflateMessage(
  message: Uint8Array,
  ending: Uint8Array,
  budget: number,
  sink: (inflated: Uint8Array) => void,
): "ok" | "corrupt" | "limit" {
  let length = 0;
  const verdict = inflateStreams(message, budget, constants.Z_SYNC_FLUSH, (inflated) => {
    length += inflated.length;
    sink(inflated);
  });
  if (verdict !== "ok") return verdict;
  const whole = Buffer.concat([message, ending, FINAL_EMPTY_BLOCK]);
  return inflateStreams(whole, length, constants.Z_FINISH, () => {}) === "ok" ? "ok" : "corrupt";
}

/** A message is one DEFLATE stream, or several where a block has BFINAL set (RFC 7692 §7.2.3.4). */
function inflateStreams(
  message: Uint8Array,
  budget: number,
  finishFlush: number,
  sink: (inflated: Uint8Array) => void,
): "ok" | "corrupt" | "limit" {
  let left = budget;
  for (let rest = message; rest.length > 0; ) {
    let used: number;
    let inflated: Uint8Array;
    try {
      const result = inflateRawSync(rest, {
        finishFlush,
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
