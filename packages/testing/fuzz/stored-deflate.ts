/**
 * DEFLATE of stored blocks only (RFC 1951 §3.2.4) within the frames of RFC 7692 §7.2, for the model: written apart from the
 * extension `storedBlocks`, with which it has to agree.
 */
import type { ModelCompression } from "../src/model/terms.ts";

/** @param blockBytes bytes of data in each block, as the extension was told. */
export function storedDeflate(blockBytes: number): ModelCompression {
  return {
    rsv: 4,
    deflate(fragment, isFinal) {
      const blocks: number[] = [];
      for (let at = 0; at < fragment.length; at += blockBytes) {
        const data = fragment.slice(at, at + blockBytes);
        const [low, high] = [data.length % 256, data.length >> 8];
        blocks.push(0, low, high, 255 - low, 255 - high, ...data);
      }
      // §7.2.1: an empty block ends the message, without its last four bytes.
      if (isFinal) blocks.push(0);
      return Uint8Array.from(blocks);
    },
    inflate(payloads, isFinal) {
      const bytes: number[] = [];
      const outcome = (isCorrupt: boolean): ReturnType<ModelCompression["inflate"]> => ({
        bytes: Uint8Array.from(bytes),
        isCorrupt,
      });
      let at = 0;
      for (;;) {
        if (at === payloads.length) return outcome(isFinal);
        // BTYPE 00; BFINAL may be set (§7.2.3.4).
        if ((payloads[at]! & 6) !== 0) return outcome(true);
        const [low, high, notLow, notHigh] = payloads.slice(at + 1, at + 5);
        if (low === undefined) return outcome(false);
        if (notLow !== undefined && notLow !== 255 - low) return outcome(true);
        if (notHigh !== undefined && notHigh !== 255 - high!) return outcome(true);
        if (notHigh === undefined) return outcome(isFinal);
        at += 5;
        const length = low + high! * 256;
        const data = payloads.slice(at, at + length);
        bytes.push(...data);
        at += data.length;
        if (data.length < length) return outcome(isFinal);
      }
    },
  };
}
