import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { ExtensionOffer, ExtensionSession } from "@sansocket/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type StoredBlocksOptions, storedBlocks } from "../../src/engine/stored-blocks.ts";

const TEXT = 0x1;
const BINARY = 0x2;
const NAME = "permessage-deflate";
const HELLO = [0x48, 0x65, 0x6c, 0x6c, 0x6f];
/** RFC 7692 §7.2.3.3 */
const HELLO_ENCODED = [0x00, 0x05, 0x00, 0xfa, 0xff, ...HELLO, 0x00];
/** RFC 7692 §7.2.2, number 1 */
const TAIL = [0x00, 0x00, 0xff, 0xff];

function begin(options: StoredBlocksOptions = {}): ExtensionSession {
  return storedBlocks(options).confirm({ name: NAME, parameters: [] })!.session;
}

/** A message of these fragments, each encoded by itself; copies, since what is lent is spoiled. */
function encode(session: ExtensionSession, fragments: readonly Uint8Array[]): number[][] {
  expect(session.encodeStart(BINARY, null)).toBe(true);
  return fragments.map((fragment, at) => [
    ...session.encode(fragment, at === fragments.length - 1),
  ]);
}

interface Decoded {
  readonly verdict: "ok" | "corrupt" | "limit";
  readonly bytes: number[];
}

/** Decodes one message in these pieces, up to the first verdict other than "ok". */
function decode(
  session: ExtensionSession,
  pieces: readonly Uint8Array[],
  budget: number = Number.POSITIVE_INFINITY,
): Decoded {
  const bytes: number[] = [];
  session.decodeStart(BINARY);
  for (const [at, piece] of pieces.entries()) {
    const verdict = session.decode(piece, at === pieces.length - 1, budget - bytes.length, (d) => {
      bytes.push(...d);
    });
    if (verdict !== "ok") return { verdict, bytes };
  }
  return { verdict: "ok", bytes };
}

/** `bytes` cut into pieces of these sizes, and a last one of the rest, which may be empty. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(from, from + size));
    from = Math.min(bytes.length, from + size);
  }
  pieces.push(bytes.subarray(from));
  return pieces;
}

function inflate(encoded: readonly number[]): number[] {
  const whole = Uint8Array.from([...encoded, ...TAIL]);
  return [...inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH })];
}

const anyBlockBytes = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(65_535));
const anyFragments = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 });
const anySizes = fc.array(fc.nat({ max: 7 }), { maxLength: 30 });

describe("what it encodes", () => {
  test('"Hello" is the example of RFC 7692 §7.2.3.3', () => {
    expect(encode(begin(), [Uint8Array.from(HELLO)])).toEqual([HELLO_ENCODED]);
  });

  test("an empty message is the single byte 00 (RFC 7692 §7.2.3.6)", () => {
    expect(encode(begin(), [new Uint8Array(0)])).toEqual([[0x00]]);
  });

  test("a fragment before the last keeps every byte of its blocks, and an empty one is empty", () => {
    const fragments = [Uint8Array.from(HELLO), new Uint8Array(0), new Uint8Array(0)];
    expect(encode(begin(), fragments)).toEqual([HELLO_ENCODED.slice(0, -1), [], [0x00]]);
  });

  for (const { size, blocks } of [
    { size: 65_535, blocks: 1 },
    { size: 65_536, blocks: 2 },
    { size: 200_000, blocks: 4 },
  ]) {
    test(`${size} bytes take ${blocks} blocks, and zlib inflates them (RFC 1951 §3.2.4)`, () => {
      const payload = Uint8Array.from({ length: size }, (_, at) => (at * 7) >> 3);
      const [encoded] = encode(begin(), [payload]);
      expect(encoded).toHaveLength(size + blocks * 5 + 1);
      expect(Uint8Array.from(inflate(encoded!))).toEqual(payload);
    });
  }

  test("zlib inflates any message in any fragments and any blocks to what it was", () => {
    fc.assert(
      fc.property(anyFragments, anyBlockBytes, (fragments, blockBytes) => {
        const encoded = encode(begin({ blockBytes }), fragments).flat();
        expect(inflate(encoded)).toEqual(fragments.flatMap((fragment) => [...fragment]));
      }),
    );
  });
});

describe("what it decodes", () => {
  for (const { name, encoded, bytes } of [
    { name: "RFC 7692 §7.2.3.3", encoded: HELLO_ENCODED, bytes: HELLO },
    { name: "RFC 7692 §7.2.3.6, an empty message", encoded: [0x00], bytes: [] },
    {
      name: "RFC 7692 §7.2.3.4, BFINAL set",
      encoded: [0x01, ...HELLO_ENCODED.slice(1)],
      bytes: HELLO,
    },
    { name: "BFINAL set on the last byte", encoded: [0x01], bytes: [] },
    {
      name: "RFC 7692 §7.2.3.5, an empty block between two",
      encoded: [...HELLO_ENCODED.slice(0, -1), 0x00, ...TAIL, ...HELLO_ENCODED],
      bytes: [...HELLO, ...HELLO],
    },
    { name: "RFC 1951 §3.2.4, padding that is not 0", encoded: [0xf8], bytes: [] },
  ]) {
    test(`${name} is ${bytes.length} bytes`, () => {
      expect(decode(begin(), [Uint8Array.from(encoded)])).toEqual({ verdict: "ok", bytes });
    });
  }

  test("the stored blocks of zlib, any message and any cutting", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), anySizes, (message, sizes) => {
        const flushed = deflateRawSync(message, { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
        const encoded = flushed.subarray(0, -TAIL.length);
        expect([...flushed.subarray(-TAIL.length)]).toEqual(TAIL);
        expect(decode(begin(), cut(encoded, sizes))).toEqual({
          verdict: "ok",
          bytes: [...message],
        });
      }),
    );
  });

  for (const { encoded, bytes = [], because } of [
    { encoded: [], because: "the last byte is missing, which has the header bits" },
    { encoded: [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], because: "BTYPE 01, §7.2.3.1" },
    { encoded: [0x04], because: "BTYPE 10" },
    { encoded: [0x06], because: "BTYPE 11, which is reserved" },
    { encoded: [0x00, 0x05, 0x00, 0xfb, 0xff, ...HELLO, 0x00], because: "NLEN is no complement" },
    { encoded: [0x00, 0x05, 0x00, 0xfa, 0xfe, ...HELLO, 0x00], because: "nor in its second byte" },
    { encoded: [0x00, 0x05], because: "it ends inside LEN" },
    { encoded: [0x00, 0x05, 0x00, 0xfa], because: "it ends inside NLEN" },
    { encoded: HELLO_ENCODED.slice(0, 7), bytes: HELLO.slice(0, 2), because: "inside the data" },
    { encoded: HELLO_ENCODED.slice(0, -1), bytes: HELLO, because: "behind the data" },
    { encoded: [...HELLO_ENCODED, ...TAIL], bytes: HELLO, because: "the tail was not removed" },
    { encoded: [...HELLO_ENCODED.slice(0, -1), 0x02], bytes: HELLO, because: "in a later block" },
  ]) {
    test(`[${encoded}] is corrupt behind ${bytes.length} bytes: ${because}`, () => {
      const whole = Uint8Array.from(encoded);
      expect(decode(begin(), [whole])).toEqual({ verdict: "corrupt", bytes });
      expect(decode(begin(), cut(whole, [...encoded].fill(1)))).toEqual({
        verdict: "corrupt",
        bytes,
      });
    });
  }

  for (const { budget, verdict, bytes } of [
    { budget: 5, verdict: "ok", bytes: HELLO },
    { budget: 4, verdict: "limit", bytes: HELLO.slice(0, 4) },
    { budget: 0, verdict: "limit", bytes: [] },
  ]) {
    test(`"Hello" with a budget of ${budget} is ${verdict}, and exactly ${bytes.length} bytes`, () => {
      expect(decode(begin(), [Uint8Array.from(HELLO_ENCODED)], budget)).toEqual({
        verdict,
        bytes,
      });
    });
  }

  test("a block that announces more than the budget is no fault before its data comes", () => {
    const header = Uint8Array.of(0x00, 0xff, 0xff, 0x00, 0x00);
    const session = begin();
    session.decodeStart(BINARY);
    expect(session.decode(header, false, 0, () => undefined)).toBe("ok");
  });

  test("any bytes, with any budget: verdict and output do not depend on the cutting", () => {
    const anyBytes = fc
      .tuple(anyFragments, anyBlockBytes, fc.nat(), fc.nat({ max: 255 }))
      .map(([fragments, blockBytes, at, byte]) => {
        const encoded = Uint8Array.from(encode(begin({ blockBytes }), fragments).flat());
        encoded[at % encoded.length] = byte;
        return encoded;
      });
    fc.assert(
      fc.property(anyBytes, anySizes, fc.nat({ max: 100 }), (encoded, sizes, budget) => {
        const whole = decode(begin(), [encoded], budget);
        expect(decode(begin(), cut(encoded, sizes), budget)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test("messages follow each other in both directions, each from the start", () => {
    const session = begin({ blockBytes: 3 });
    for (let count = 0; count < 3; count += 1) {
      const encoded = encode(session, [Uint8Array.from(HELLO)]).flat();
      expect(decode(session, [Uint8Array.from(encoded)])).toEqual({ verdict: "ok", bytes: HELLO });
    }
  });
});

describe("negotiation", () => {
  function offer(...parameters: (readonly [name: string, value: string | null])[]): ExtensionOffer {
    return { name: NAME, parameters: parameters.map(([name, value]) => ({ name, value })) };
  }

  test("offers the bare name", () => {
    expect(storedBlocks().offer()).toEqual([offer()]);
  });

  for (const { offers, response, because } of [
    { offers: [offer()], response: offer(), because: "a bare offer" },
    {
      offers: [offer(["client_max_window_bits", null], ["client_no_context_takeover", null])],
      response: offer(),
      because: "hints need no answer",
    },
    {
      offers: [offer(["server_no_context_takeover", null], ["server_max_window_bits", "9"])],
      response: offer(["server_no_context_takeover", null], ["server_max_window_bits", "9"]),
      because: "RFC 7692 §7.1.1.1, §7.1.2.1: requests are confirmed",
    },
    { offers: [offer(["x", null]), offer()], response: offer(), because: "the fallback" },
    {
      offers: [offer(["client_max_window_bits", "9"], ["client_max_window_bits", "9"])],
      response: null,
      because: "a parameter that is there twice",
    },
    { offers: [offer(["constructor", null])], response: null, because: "unknown" },
  ]) {
    test(`${JSON.stringify(offers)} is ${response === null ? "declined" : "accepted"}: ${because}`, () => {
      expect(storedBlocks().accept(offers)?.response ?? null).toEqual(response);
    });
  }

  for (const { response, isConfirmed, because } of [
    { response: offer(), isConfirmed: true, because: "as offered" },
    {
      response: offer(["server_max_window_bits", "9"], ["client_no_context_takeover", null]),
      isConfirmed: true,
      because: "RFC 7692 §7.1: a server may say these unasked",
    },
    {
      response: offer(["client_max_window_bits", "9"]),
      isConfirmed: false,
      because: "RFC 7692 §7.1.2.2: it was not offered",
    },
    { response: offer(["x", null]), isConfirmed: false, because: "unknown" },
  ]) {
    test(`${JSON.stringify(response)} is ${isConfirmed ? "confirmed" : "refused"}: ${because}`, () => {
      expect(storedBlocks().confirm(response) !== null).toBe(isConfirmed);
    });
  }

  test("sessions count as live until they are disposed of, each once", () => {
    const extension = storedBlocks();
    const first = extension.accept([offer()])!.session;
    const second = extension.confirm(offer())!.session;
    extension.accept([offer(["x", null])]);
    extension.confirm(offer(["x", null]));
    expect(extension.liveSessions).toBe(2);
    first.dispose();
    first.dispose();
    expect(extension.liveSessions).toBe(1);
    second.dispose();
    expect(extension.liveSessions).toBe(0);
  });

  for (const blockBytes of [0, 65_536, 1.5, Number.NaN]) {
    test(`blocks of ${blockBytes} bytes are a mistake`, () => {
      expect(() => storedBlocks({ blockBytes })).toThrow(RangeError);
    });
  }
});

describe("the hard partner", () => {
  const none = new Uint8Array(0);
  function ignore(): void {}

  test("below the threshold a message goes out as it is, and one of unknown length never does", () => {
    const session = begin({ threshold: 10 });
    expect(session.encodeStart(TEXT, 9)).toBe(false);
    expect(session.encodeStart(TEXT, 10)).toBe(true);
    session.encode(none, true);
    expect(session.encodeStart(TEXT, null)).toBe(true);
  });

  test("what the encoder lent is spoiled by the next call, whichever it is", () => {
    for (const next of [
      (session: ExtensionSession) => session.encodeStart(TEXT, null),
      (session: ExtensionSession) => session.decodeStart(TEXT),
      (session: ExtensionSession) => session.dispose(),
    ]) {
      const session = begin();
      session.encodeStart(TEXT, null);
      const lent = session.encode(Uint8Array.from(HELLO), true);
      expect([...lent]).toEqual(HELLO_ENCODED);
      next(session);
      expect([...lent]).toEqual(HELLO_ENCODED.map(() => 0xaa));
    }
  });

  test("what the decoder lent is spoiled when the sink returns, and the payload is not", () => {
    const session = begin();
    const lent: Uint8Array[] = [];
    const payload = Uint8Array.from(HELLO_ENCODED);
    session.decodeStart(TEXT);
    session.decode(payload, true, 5, (decoded) => {
      expect([...decoded]).toEqual(HELLO);
      lent.push(decoded);
    });
    expect(lent.map((decoded) => [...decoded])).toEqual([HELLO.map(() => 0xaa)]);
    expect([...payload]).toEqual(HELLO_ENCODED);
  });

  for (const { breach, calls } of [
    { breach: "encode without encodeStart", calls: (s) => s.encode(none, true) },
    {
      breach: "encode of a message that encodeStart left alone",
      calls: (s) => {
        s.encodeStart(TEXT, 0);
        s.encode(none, true);
      },
    },
    {
      breach: "encode behind the last fragment",
      calls: (s) => {
        s.encodeStart(TEXT, null);
        s.encode(none, true);
        s.encode(none, true);
      },
    },
    {
      breach: "a message inside a message, going out",
      calls: (s) => {
        s.encodeStart(TEXT, null);
        s.encodeStart(TEXT, null);
      },
    },
    {
      breach: "a message inside a message, coming in",
      calls: (s) => {
        s.decodeStart(TEXT);
        s.decodeStart(TEXT);
      },
    },
    { breach: "decode without decodeStart", calls: (s) => s.decode(none, true, 1, ignore) },
    {
      breach: "decode behind a verdict",
      calls: (s) => {
        s.decodeStart(TEXT);
        s.decode(Uint8Array.of(0x06), false, 1, ignore);
        s.decode(none, true, 1, ignore);
      },
    },
    {
      breach: "a negative budget",
      calls: (s) => {
        s.decodeStart(TEXT);
        s.decode(none, false, -1, ignore);
      },
    },
    { breach: "a control frame going out", calls: (s) => s.encodeStart(0x9, null) },
    { breach: "a control frame coming in", calls: (s) => s.decodeStart(0x8) },
    {
      breach: "a call behind dispose",
      calls: (s) => {
        s.dispose();
        s.encodeStart(TEXT, null);
      },
    },
  ] satisfies { breach: string; calls: (session: ExtensionSession) => void }[]) {
    test(`${breach} throws`, () => {
      expect(() => calls(begin({ threshold: 1 }))).toThrow(/bug: the engine breaks/);
    });
  }
});
