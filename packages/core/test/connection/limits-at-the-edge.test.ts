/** RFC 6455 §10.4: each limit exactly at its value and one above it, at every cutting and for every way to meet it. */
import { describe, expect, test } from "vitest";
import type { Limits } from "../../src/index.ts";
import { Bench, type Told } from "../turn.ts";
import { type Bytes, concat, masked } from "../wire.ts";

/** The last step when `bytes` arrive in pieces of `size`. */
function lastStep(limits: Partial<Limits>, bytes: Uint8Array, size: number, pieces = false): Told {
  const told = Bench.open("server", { limits, pieces }).feed(bytes, size);
  return told.at(-1)!;
}

/** A message in fragments, each with the payload given. */
function fragmented(opcode: number, payloads: readonly (Bytes | string)[]): Uint8Array {
  return concat(
    ...payloads.map((payload, index) =>
      masked(index === 0 ? opcode : 0, payload, { fin: index === payloads.length - 1 }),
    ),
  );
}

function times(count: number, payload: Bytes | string): (Bytes | string)[] {
  return Array.from({ length: count }, () => payload);
}

interface Edge {
  readonly because: string;
  readonly limits: Partial<Limits>;
  readonly at: Uint8Array;
  readonly above: Uint8Array;
  readonly kind: string;
  /** Of the byte that proves the case above the limit. */
  readonly offset: number;
}

const EDGES: readonly Edge[] = [
  {
    because: "a message in one frame of 7-bit length",
    limits: { message: 100 },
    at: masked(0x2, new Uint8Array(100)),
    above: masked(0x2, new Uint8Array(101)),
    kind: "message-too-large",
    offset: 1,
  },
  {
    because: "a message in one frame of 16-bit length",
    limits: { message: 1_000 },
    at: masked(0x1, "x".repeat(1_000)),
    above: masked(0x1, "x".repeat(1_001)),
    kind: "message-too-large",
    offset: 2,
  },
  {
    because: "a message in one frame of 64-bit length",
    limits: { message: 65_536 },
    at: masked(0x2, new Uint8Array(65_536)),
    above: masked(0x2, new Uint8Array(65_537)),
    kind: "message-too-large",
    offset: 2,
  },
  {
    because: "a message that the quick path would take, were it not for the limit",
    limits: { message: 65_535 },
    at: masked(0x2, new Uint8Array(65_535)),
    above: masked(0x2, new Uint8Array(65_536)),
    kind: "message-too-large",
    offset: 2,
  },
  {
    because: "a message in fragments counts all of them",
    limits: { message: 9 },
    at: fragmented(0x1, ["abc", "", "def", "ghi"]),
    above: fragmented(0x1, ["abc", "", "def", "ghij"]),
    kind: "message-too-large",
    offset: 9 + 6 + 9 + 1,
  },
  {
    because: "an empty message against a limit of nothing",
    limits: { message: 0 },
    at: masked(0x2),
    above: masked(0x2, [1]),
    kind: "message-too-large",
    offset: 1,
  },
  {
    because: "a frame on its own",
    limits: { frame: 200 },
    at: masked(0x2, new Uint8Array(200)),
    above: masked(0x2, new Uint8Array(201)),
    kind: "frame-too-large",
    offset: 2,
  },
  {
    because: "a frame that continues a message",
    limits: { frame: 3 },
    at: fragmented(0x1, ["abc", "def", "ghi"]),
    above: fragmented(0x1, ["abc", "defg", "h"]),
    kind: "frame-too-large",
    offset: 9 + 1,
  },
  {
    because: "frames of a message, all of them with bytes",
    limits: { fragments: 4 },
    at: fragmented(0x2, times(4, [1])),
    above: fragmented(0x2, times(5, [1])),
    kind: "too-many-fragments",
    offset: 4 * 7,
  },
  {
    because: "frames of a message, all of them empty",
    limits: { fragments: 4 },
    at: fragmented(0x2, times(4, [])),
    above: fragmented(0x2, times(5, [])),
    kind: "too-many-fragments",
    offset: 4 * 6,
  },
  {
    because: "frames of a message with pings between, which are no fragments",
    limits: { fragments: 2 },
    at: concat(masked(0x2, [], { fin: false }), masked(0x9), masked(0x9), masked(0x0)),
    above: concat(
      masked(0x2, [], { fin: false }),
      masked(0x9),
      masked(0x0, [], { fin: false }),
      masked(0x0),
    ),
    kind: "too-many-fragments",
    offset: 18,
  },
  {
    because: "one frame only",
    limits: { fragments: 1 },
    at: masked(0x2, [1]),
    above: fragmented(0x2, [[1], []]),
    kind: "too-many-fragments",
    offset: 7,
  },
];

describe("exactly at the limit passes, one above fails, at every cutting", () => {
  for (const { because, limits, at, above, kind, offset } of EDGES) {
    const [[name, value]] = Object.entries(limits) as [[string, number]];
    for (const pieces of [false, true]) {
      test(`limits.${name} ${value}: ${because}, ${pieces ? "in pieces" : "whole"}`, () => {
        for (const size of above.length < 3_000 ? [1, 2, 7, above.length] : [4_093, above.length]) {
          expect(lastStep(limits, at, size, pieces).step).not.toBe("violation");
          expect(lastStep(limits, above, size, pieces)).toEqual({
            step: "violation",
            kind,
            offset,
          });
        }
      });
    }
  }

  test("a frame above limits.frame is told before a message above limits.message", () => {
    const limits = { frame: 10, message: 10 };
    expect(lastStep(limits, masked(0x2, new Uint8Array(11)), 1)).toMatchObject({
      kind: "frame-too-large",
    });
  });

  test("a message of the limits by default passes, in one frame and in 16 frames of 1 MiB", () => {
    const mebibyte = new Uint8Array(1_048_576);
    for (const bytes of [
      concat(masked(0x2, [], { declared: 16_777_216n }).slice(0, 14)),
      masked(0x2, [], { declared: 1_048_576n, fin: false }).slice(0, 14),
    ]) {
      const bench = Bench.open("server");
      const isWhole = bytes[0] === 0x82;
      expect(bench.feed(bytes)).toEqual([]);
      for (let count = 0; count < 16; count += 1) {
        if (!isWhole && count > 0) {
          const head = masked(0x0, [], { declared: 1_048_576n, fin: count === 15 });
          expect(bench.feed(head.slice(0, 14))).toEqual([]);
        }
        bench.endpoint.receive(mebibyte, 0);
        if (count < 15) expect(bench.pull()).toEqual([]);
      }
      expect(bench.endpoint.next()).toBe(4);
      expect(bench.endpoint.end - bench.endpoint.start).toBe(16_777_216);
      bench.endpoint.next();
    }
  });
});

describe("what no limit refuses", () => {
  test("control frames, when limits.frame and limits.message are 0", () => {
    const limits = { frame: 0, message: 0, fragments: 0, unsent: 0 };
    const bench = Bench.open("server", { limits });
    const told = bench.feed(
      concat(masked(0x9, "ping"), masked(0xa, "pong"), masked(0x8, [3, 232])),
    );
    expect(told.map(({ step }) => step)).toEqual(["ping", "pong", "closing"]);
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0xa, 0x8]);
  });

  test("our own pings, pongs and Close, when limits.unsent is 0", () => {
    const bench = Bench.open("client", { limits: { unsent: 0 } });
    expect(bench.endpoint.ping(null, 0)).toBe(1);
    expect(bench.endpoint.pong()).toBe("queued");
    expect(bench.endpoint.close(1000, "", 0)).toBe("queued");
    bench.turn();
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0x9, 0xa, 0x8]);
  });

  test("input that is not pulled: limits.undelivered is for the host to heed", () => {
    const bench = Bench.open("server", { limits: { undelivered: 10 } });
    for (let count = 0; count < 20; count += 1) bench.endpoint.receive(masked(0x1, "x"), 0);
    expect(bench.endpoint.unread).toBe(140);
    expect(bench.turn()).toHaveLength(20);
  });
});

describe("limits.unsent", () => {
  const sends: Record<string, (bench: Bench, bytes: number) => string> = {
    sendBinary: ({ endpoint }, bytes) => endpoint.sendBinary(new Uint8Array(bytes)),
    "sendText of one-byte characters": ({ endpoint }, bytes) =>
      endpoint.sendText("x".repeat(bytes)),
    "sendText of three-byte characters": ({ endpoint }, bytes) =>
      endpoint.sendText("€".repeat(Math.floor(bytes / 3)) + "x".repeat(bytes % 3)),
    "sendText that is long enough to be measured": ({ endpoint }, bytes) =>
      endpoint.sendText("x".repeat(bytes)),
    "sendFragment of bytes": ({ endpoint }, bytes) => {
      endpoint.startMessage("binary");
      return endpoint.sendFragment(new Uint8Array(bytes), true);
    },
    "sendFragment of text": ({ endpoint }, bytes) => {
      endpoint.startMessage("text");
      return endpoint.sendFragment("x".repeat(bytes), true);
    },
  };
  for (const [what, send] of Object.entries(sends)) {
    const limit = what.includes("measured") ? 3_000 : 100;
    test(`lets exactly that many bytes of payload pass, and not one more: ${what}`, () => {
      for (const role of ["server", "client"] as const) {
        const passing = Bench.open(role, { limits: { unsent: limit } });
        expect(send(passing, limit)).toBe("queued");
        const failing = Bench.open(role, { limits: { unsent: limit } });
        expect(send(failing, limit + 1)).toBe("full");
        expect(failing.endpoint.unsent).toBe(0);
        expect(failing.endpoint.transmit(0)).toBeNull();
      }
    });
  }

  test("counts the whole character whose halves come in two fragments", () => {
    const bench = Bench.open("server", { limits: { unsent: 3 } });
    bench.endpoint.startMessage("text");
    expect(bench.endpoint.sendFragment("\ud83d", false)).toBe("queued");
    bench.turn();
    bench.sent();
    expect(bench.endpoint.sendFragment("\ude00", true)).toBe("full");
    expect(bench.endpoint.transmit(0)).toBeNull();
  });

  test("leaves a refused fragment to be sent again later, its half of a character too", () => {
    const bench = Bench.open("server", { limits: { unsent: 6 } });
    bench.endpoint.startMessage("text");
    bench.endpoint.sendFragment("\ud83d", false);
    expect(bench.endpoint.sendFragment("\ude00aa", true)).toBe("full");
    bench.turn();
    expect(bench.endpoint.sendFragment("\ude00aa", true)).toBe("queued");
    bench.turn();
    const text = bench.sent().flatMap(({ payload }) => [...payload]);
    expect(new TextDecoder().decode(Uint8Array.from(text))).toBe("😀aa");
  });

  test("is met by what the transport has not taken, and free again when it has", () => {
    const bench = Bench.open("server", { limits: { unsent: 200 } });
    bench.isBusy = true;
    expect(bench.endpoint.sendBinary(new Uint8Array(100))).toBe("queued");
    bench.turn();
    expect(bench.endpoint.unsent).toBe(102);
    expect(bench.endpoint.sendBinary(new Uint8Array(98))).toBe("queued");
    expect(bench.endpoint.sendBinary(new Uint8Array(1))).toBe("full");
    bench.take();
    expect(bench.endpoint.sendBinary(new Uint8Array(200))).toBe("queued");
  });
});
