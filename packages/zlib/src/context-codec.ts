/** DEFLATE with context takeover, on the contexts of node:zlib. */
import type { DeflateCodec, Deflater, Inflater } from "@sansocket/core/permessage-deflate";
import { closeContext, createContext, process } from "./zlib-context.ts";

/**
 * zlib has no window of 8 bits for raw DEFLATE, and takes 9 in its place: with 9 bits no match reaches back further than 250
 * bytes (measured at levels 1, 3, 6 and 9), as a window of 256 bytes demands.
 */
const LEAST_WINDOW_BITS = 9;

/**
 * DEFLATE with context takeover: one zlib stream for each direction of a connection, used synchronously. See {@link
 * zlibCodec}.
 */
export const contextCodec: DeflateCodec = {
  keepsContext: true,

  createDeflater({ windowBits, level, memLevel }): Deflater {
    const context = createContext("deflate", {
      windowBits: Math.max(windowBits, LEAST_WINDOW_BITS),
      level,
      memLevel,
    });
    return {
      deflate: (payload) => process(context, payload),
      reset: () => context.stream.reset(),
      dispose: () => closeContext(context),
    };
  },

  createInflater({ windowBits }): Inflater {
    const context = createContext("inflate", {
      windowBits: Math.max(windowBits, LEAST_WINDOW_BITS),
    });
    return {
      inflate(payload, _isLast, budget, sink) {
        let left = budget;
        for (let rest = payload; rest.length > 0; ) {
          let inflated: Uint8Array;
          try {
            inflated = process(context, rest);
          } catch {
            return "corrupt";
          }
          if (inflated.length > left) {
            if (left > 0) sink(inflated.subarray(0, left));
            return "limit";
          }
          left -= inflated.length;
          if (inflated.length > 0) sink(inflated);
          const used = (context.stream as { bytesWritten: number }).bytesWritten;
          if (used >= rest.length) break;
          // RFC 7692 §7.2.3.4: a block with BFINAL has ended this DEFLATE stream, and the next one follows. zlib's reset drops
          // the window: a message behind it that refers to what was before it is refused as corrupt.
          rest = rest.subarray(used);
          context.stream.reset();
        }
        return "ok";
      },
      reset: () => context.stream.reset(),
      dispose: () => closeContext(context),
    };
  },
};
