/** A codec for tests, whose compressed bytes are few: one byte stands for a thousand like it. */
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";

/** How many bytes one byte stands for. RFC 1951 allows no more than 1,032. */
export const REPEATED = 1_000;

/** A message of so many times a thousand bytes that are all the same is that many bytes on the wire, and a header. */
export function repeatingCodec(): DeflateCodec {
  return {
    keepsContext: true,
    createDeflater: () => ({
      deflate(payload) {
        const count = Math.ceil(payload.length / REPEATED);
        const deflated = new Uint8Array(count + 4).fill(payload[0]!);
        deflated.set([0x00, 0x00, 0xff, 0xff], count); // RFC 7692 §7.2.1
        return deflated;
      },
      reset() {},
      dispose() {},
    }),
    createInflater: () => ({
      inflate(payload, isLast, budget, sink) {
        if (isLast) return "ok";
        let left = budget;
        for (const byte of payload) {
          const size = Math.min(REPEATED, left);
          if (size > 0) sink(new Uint8Array(size).fill(byte));
          if (size < REPEATED) return "limit";
          left -= size;
        }
        return "ok";
      },
      reset() {},
      dispose() {},
    }),
  };
}
