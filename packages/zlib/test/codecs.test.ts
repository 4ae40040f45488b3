/** The codecs of node:zlib keep the promises of the port, on the runtime that runs this. */
import { contextCodec, oneShotCodec, passesSelfTest, zlibCodec } from "@sansocket/zlib";
import { describe, expect, test } from "vitest";

describe("the self-test", () => {
  test("passes for contexts on this runtime, which zlibCodec then chooses", () => {
    expect(passesSelfTest(contextCodec)).toBe(true);
    expect(zlibCodec()).toBe(contextCodec);
  });

  test.each<[string, Partial<typeof contextCodec>]>([
    [
      "throws",
      {
        createInflater: () => {
          throw new Error("gone");
        },
      },
    ],
    ["keeps no context", oneShotCodec],
    [
      "writes nothing",
      {
        createDeflater: (options) => ({
          ...contextCodec.createDeflater(options),
          deflate: () => new Uint8Array(0),
        }),
      },
    ],
    [
      "forgets its place at each call",
      {
        createDeflater: (options) => {
          const own = contextCodec.createDeflater(options);
          return { ...own, deflate: (payload) => own.deflate(payload).subarray(1) };
        },
      },
    ],
  ])("fails for a codec that %s", (_, change) => {
    expect(passesSelfTest({ ...contextCodec, ...change })).toBe(false);
  });
});
