/** RFC 6455 §10.4: what a peer can make us keep. Each limit at its edge, whole and byte by byte. */
import { describe, expect, test, vi } from "vitest";
import type { Limits } from "../../src/index.ts";
import {
  connectionSettings,
  DEFAULT_CLIENT_LIMITS,
  DEFAULT_LIMITS,
  serverSettings,
} from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { closeBody, concat, masked } from "../wire.ts";

const SIZES = [1, 7, Number.POSITIVE_INFINITY];

test("the defaults are those of the documentation", () => {
  expect(DEFAULT_LIMITS).toEqual({
    headBytes: 16_384,
    headers: 100,
    lineBytes: 16_384,
    refusalBody: 65_536,
    message: 16_777_216,
    frame: 18_874_432,
    fragments: 131_072,
    undelivered: 1_048_576,
    unsent: 33_554_432,
  });
});

test("those of a client differ in what they take of a head", () => {
  expect(DEFAULT_CLIENT_LIMITS).toEqual({
    ...DEFAULT_LIMITS,
    headBytes: 262_144,
    headers: 1_000,
    lineBytes: 262_144,
  });
});

const { POSITIVE_INFINITY: INFINITY } = Number;

test.each([
  { given: { message: 100 }, follow: { unsent: 16_777_316, frame: 18_874_432 } },
  { given: { message: 20_000_000 }, follow: { unsent: 36_777_216, frame: 22_500_064 } },
  { given: { message: INFINITY }, follow: { unsent: INFINITY, frame: INFINITY } },
  { given: { message: INFINITY, frame: 7 }, follow: { unsent: INFINITY, frame: 7 } },
  { given: { message: 100, unsent: 50 }, follow: { unsent: 50 } },
  { given: { unsent: 0 }, follow: { unsent: 0, message: 16_777_216 } },
  { given: { frame: 100 }, follow: { unsent: 33_554_432, message: 16_777_216 } },
  { given: { headBytes: 100_000 }, follow: { lineBytes: 100_000 } },
  { given: { headBytes: 10 }, follow: { lineBytes: 10 } },
  { given: { headBytes: 100_000, lineBytes: 9 }, follow: { lineBytes: 9 } },
  { given: { lineBytes: 9 }, follow: { headBytes: 16_384 } },
  { given: { message: undefined, frame: undefined, headBytes: undefined }, follow: DEFAULT_LIMITS },
])("limits that are not given follow those that are: $given", ({ given, follow }) => {
  const host = { random: () => {} };
  const { limits } = serverSettings({ host, limits: given as Partial<Limits> });
  expect(limits).toMatchObject(follow);
  // A second completion changes no limit.
  expect(connectionSettings({ host, limits }).limits).toEqual(limits);
});

test("a message as large as limits.message, where that alone was given, may be one frame", () => {
  const bench = Bench.open("server", { limits: { message: 17_000_000 } });
  expect(bench.feed(masked(0x2, new Uint8Array(17_000_000)))).toMatchObject([{ step: "binary" }]);
});

describe("limits.message", () => {
  for (const size of SIZES) {
    test(`a message of exactly the limit passes, one byte more fails with 1009, in chunks of ${size}`, () => {
      const whole = Bench.open("server", { limits: { message: 300 } });
      expect(whole.feed(masked(0x2, new Uint8Array(300)), size)).toMatchObject([
        { step: "binary" },
      ]);
      const bench = Bench.open("server", { limits: { message: 300 } });
      expect(bench.feed(masked(0x2, new Uint8Array(301)), size)).toEqual([
        { step: "violation", kind: "message-too-large", offset: 2 },
      ]);
      expect([...bench.sent()[0]!.payload]).toEqual([...closeBody(1009)]);
    });

    test(`fragments count together, in chunks of ${size}`, () => {
      const bench = Bench.open("server", { limits: { message: 300 } });
      const bytes = concat(
        masked(0x2, new Uint8Array(200), { fin: false }),
        masked(0x0, new Uint8Array(100), { fin: false }),
        masked(0x0, new Uint8Array(1)),
      );
      expect(bench.feed(bytes, size)).toEqual([
        { step: "violation", kind: "message-too-large", offset: 208 + 106 + 1 },
      ]);
    });
  }

  test("is judged when the length is known, before the masking key and any payload", () => {
    const bench = Bench.open("server", { limits: { message: 300 } });
    expect(bench.feed(masked(0x2, new Uint8Array(301)).slice(0, 4))).toMatchObject([
      { kind: "message-too-large" },
    ]);
  });

  test("large fragments that come in several chunks are copied a few times at most", () => {
    const bench = Bench.open("server");
    const fragment = masked(0x0, new Uint8Array(60_000), { fin: false });
    bench.feed(masked(0x2, [1], { fin: false }));
    const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype), "set");
    for (let count = 0; count < 100; count += 1) bench.feed(fragment, 20_000);
    const sources = set.mock.calls as unknown as [Uint8Array][];
    const copied = sources.reduce((sum, [source]) => sum + source.length, 0);
    set.mockRestore();
    // Into the window, into the buffer, and twice more while it doubles; each fragment a new buffer would be 50 times.
    expect(copied).toBeLessThan(6 * 6_000_000);
  });

  test("holds in pieces too", () => {
    const bench = Bench.open("server", { pieces: true, limits: { message: 10 } });
    const bytes = concat(masked(0x2, new Uint8Array(10), { fin: false }), masked(0x0, [1]));
    expect(bench.feed(bytes).at(-1)).toMatchObject({ kind: "message-too-large" });
  });

  test("is for one message, not for all of them", () => {
    const bench = Bench.open("server", { limits: { message: 10 } });
    for (let index = 0; index < 100; index += 1) {
      expect(bench.feed(masked(0x2, new Uint8Array(10)))).toHaveLength(1);
    }
  });
});

describe("limits.frame", () => {
  test("a frame of exactly the limit passes, one byte more fails with 1009", () => {
    const bench = Bench.open("server", { limits: { frame: 125 } });
    expect(bench.feed(masked(0x2, new Uint8Array(125)))).toMatchObject([{ step: "binary" }]);
    expect(bench.feed(masked(0x2, new Uint8Array(126)))).toMatchObject([
      { kind: "frame-too-large" },
    ]);
  });

  test("does not hold for control frames, which have a limit of their own", () => {
    const bench = Bench.open("server", { limits: { frame: 5 } });
    expect(bench.feed(masked(0x9, new Uint8Array(125)))).toMatchObject([{ step: "ping" }]);
  });
});

describe("limits.fragments", () => {
  for (const payload of [[], [1]]) {
    test(`a message of exactly that many frames of ${payload.length} bytes passes, one more fails with 1008`, () => {
      const fragments = (count: number) =>
        concat(
          masked(0x2, payload, { fin: false }),
          ...Array.from({ length: count - 2 }, () => masked(0x0, payload, { fin: false })),
          masked(0x0, payload),
        );
      const passing = Bench.open("server", { limits: { fragments: 5 } });
      expect(passing.feed(fragments(5), 1)).toMatchObject([{ step: "binary" }]);
      const failing = Bench.open("server", { limits: { fragments: 5 } });
      expect(failing.feed(fragments(6))).toEqual([
        { step: "violation", kind: "too-many-fragments", offset: 5 * (6 + payload.length) },
      ]);
      expect([...failing.sent()[0]!.payload]).toEqual([...closeBody(1008)]);
    });
  }
});

describe("limits.unsent", () => {
  test("a send that would pass it answers full, queues nothing, and may be tried again", () => {
    const bench = Bench.open("server", { limits: { unsent: 100 } });
    const { endpoint } = bench;
    endpoint.sendBinary(new Uint8Array(60));
    const before = endpoint.unsent;
    expect(endpoint.sendBinary(new Uint8Array(60))).toBe("full");
    expect(endpoint.sendText("x".repeat(60))).toBe("full");
    expect(endpoint.unsent).toBe(before);
    bench.turn();
    expect(endpoint.unsent).toBe(0);
    expect(endpoint.sendBinary(new Uint8Array(60))).toBe("queued");
    bench.turn();
    expect(bench.sent()).toHaveLength(2);
  });

  test("a fragment that would pass it may be tried again, and the message stays whole", () => {
    const bench = Bench.open("server", { limits: { unsent: 10 } });
    const { endpoint } = bench;
    endpoint.startMessage("text");
    endpoint.sendFragment("12345678", false);
    expect(endpoint.sendFragment("9abc", true)).toBe("full");
    bench.turn();
    expect(endpoint.sendFragment("9abc", true)).toBe("queued");
    bench.turn();
    expect(bench.sent().map(({ fin, opcode }) => [fin, opcode])).toEqual([
      [false, 1],
      [true, 0],
    ]);
  });

  test("counts what the transport has and has not taken yet", () => {
    const bench = Bench.open("server", { limits: { unsent: 100 } });
    bench.isBusy = true;
    bench.endpoint.sendBinary(new Uint8Array(60));
    bench.turn();
    expect(bench.endpoint.unsent).toBe(62);
    expect(bench.endpoint.sendBinary(new Uint8Array(60))).toBe("full");
    bench.take();
    expect(bench.endpoint.unsent).toBe(0);
  });

  test("refuses neither pongs nor Close", () => {
    const bench = Bench.open("server", { limits: { unsent: 0 } });
    expect(bench.endpoint.sendText("x")).toBe("full");
    bench.feed(masked(0x9, [1, 2, 3]));
    expect(bench.endpoint.close(1000, "", 0)).toBe("queued");
    bench.turn();
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0xa, 0x8]);
  });

  test("text counts as bytes, not as characters", () => {
    const { endpoint } = Bench.open("server", { limits: { unsent: 10 } });
    expect(endpoint.sendText("€€€€")).toBe("full");
    expect(endpoint.sendText("€€€")).toBe("queued");
  });
});

describe("memory", () => {
  /** Bytes of all buffers that the state of the endpoint holds. */
  function retained(endpoint: unknown, seen: Set<unknown> = new Set()): number {
    if (typeof endpoint !== "object" || endpoint === null || seen.has(endpoint)) return 0;
    seen.add(endpoint);
    if (ArrayBuffer.isView(endpoint)) return retained(endpoint.buffer, seen);
    if (endpoint instanceof ArrayBuffer) return endpoint.byteLength;
    let sum = 0;
    for (const [name, value] of Object.entries(endpoint)) {
      if (name !== "settings") sum += retained(value, seen);
    }
    return sum;
  }

  test("a declared length allocates nothing", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x2, new Uint8Array(10), { declared: 15_000_000n }));
    expect(retained(bench.endpoint)).toBeLessThan(1000);
  });

  test("ten thousand fragments of one byte are kept in at most twice their bytes", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x2, [1], { fin: false }));
    const fragment = masked(0x0, [1], { fin: false });
    for (let index = 0; index < 9_999; index += 1) bench.feed(fragment);
    expect(retained(bench.endpoint)).toBeLessThanOrEqual(20_000);
  });

  test("an idle endpoint holds no buffer, also after a large message", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x2, new Uint8Array(300_000)), 1000);
    bench.endpoint.sendBinary(new Uint8Array(300_000));
    bench.turn();
    expect(retained(bench.endpoint)).toBe(0);
  });

  test("a begun header is kept in as many bytes as it has", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x2, new Uint8Array(70_000)).slice(0, 13));
    expect(retained(bench.endpoint)).toBe(13);
  });
});
