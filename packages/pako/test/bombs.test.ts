/** A few bytes that become very many (RFC 7692 §8): what an inflater puts out is bounded by the budget, on every codec. */
import { constants, deflateRawSync } from "node:zlib";
import { parseExtensions } from "@sansocket/core";
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";
import { permessageDeflate } from "@sansocket/core/permessage-deflate";
import { describe, expect, test } from "vitest";
import { CODECS, decodeMessage, serverSession } from "./sessions.ts";

const MIB = 1_048_576;
/** 64 MiB of zeros in 65 KB. */
const BOMB: Uint8Array = deflateRawSync(Buffer.alloc(64 * MIB), {
  finishFlush: constants.Z_SYNC_FLUSH,
}).subarray(0, -4);

/** The codec, with a count of all that its inflaters put out. */
function counted(codec: DeflateCodec): DeflateCodec & { out: number } {
  const counting = {
    ...codec,
    out: 0,
    createInflater(options: { readonly windowBits: number }) {
      const inflater = codec.createInflater(options);
      return {
        ...inflater,
        inflate: ((payload, isLast, budget, sink) =>
          inflater.inflate(payload, isLast, budget, (inflated) => {
            counting.out += inflated.length;
            sink(inflated);
          })) as typeof inflater.inflate,
      };
    },
  };
  return counting;
}

function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

describe.each(CODECS)("%s", (_name, codec) => {
  test.each<[string, number, string]>([
    ["whole, with takeover", BOMB.length, ""],
    ["whole, without takeover", BOMB.length, "; client_no_context_takeover"],
    ["in pieces of 100 bytes", 100, ""],
    ["in pieces of one byte, without takeover", 1, "; client_no_context_takeover"],
  ])("stops a bomb at the limit: %s", (_way, size, parameters) => {
    const counting = counted(codec);
    const session = serverSession(counting, parameters);
    const { verdict, bytes } = decodeMessage(session, cutEvery(BOMB, size), MIB);
    session.dispose();
    expect(verdict).toBe("limit");
    expect(counting.out).toBeLessThanOrEqual(MIB);
    // A codec that inflates a message as a whole at its end has nothing to show of one that is too large.
    if (codec.keepsContext) expect(bytes.length).toBe(MIB);
  });

  test("lets a message of exactly the limit pass, and refuses one byte more", () => {
    for (const [length, verdict] of [
      [5_000, "ok"],
      [5_001, "limit"],
    ] as const) {
      const session = serverSession(codec);
      const message = deflateRawSync(Buffer.alloc(length), {
        finishFlush: constants.Z_SYNC_FLUSH,
      }).subarray(0, -4);
      expect(decodeMessage(session, [new Uint8Array(message)], 5_000).verdict).toBe(verdict);
      session.dispose();
    }
  });

  test("with maxRatio refuses what grows more than that, above 64 KiB", () => {
    const zeros = (length: number) =>
      new Uint8Array(
        deflateRawSync(Buffer.alloc(length), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(
          0,
          -4,
        ),
      );
    const extension = permessageDeflate("server", codec, { maxRatio: 100 });
    const verdictOf = (length: number) => {
      const { session } = extension.accept!(parseExtensions(["permessage-deflate"])!)!;
      const { verdict } = decodeMessage(session!, [zeros(length)], 16 * MIB);
      session!.dispose();
      return verdict;
    };
    expect(verdictOf(65_536)).toBe("ok");
    expect(verdictOf(65_537)).toBe("limit");
  });
});
