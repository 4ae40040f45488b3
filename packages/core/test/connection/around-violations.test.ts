/** RFC 6455 §7.1.7: what comes before a violation is delivered, what comes behind is not, and then it ends. */
import { describe, expect, test } from "vitest";
import {
  CloseViolation,
  FrameViolation,
  MessageViolation,
  type WireViolation,
} from "../../src/index.ts";
import { Bench, type Told } from "../turn.ts";
import { type Bytes, closeBody, concat, masked, unmasked } from "../wire.ts";

/** Frames that break a rule, the index of the byte that proves it, and the code that answers (§7.4.1). */
const BREAKS: Record<
  Exclude<WireViolation, "extension-data-corrupt" | "mask-unexpected">,
  { readonly octets: Uint8Array; readonly at: number; readonly code: number }
> = {
  [FrameViolation.ReservedBitSet]: { octets: masked(0x1, "x", { rsv: 4 }), at: 0, code: 1002 },
  [FrameViolation.ReservedOpcode]: { octets: masked(0xb, "x"), at: 0, code: 1002 },
  [FrameViolation.MaskMissing]: { octets: unmasked(0x1, "hello"), at: 1, code: 1002 },
  [FrameViolation.ControlFragmented]: {
    octets: masked(0x9, "x", { fin: false }),
    at: 0,
    code: 1002,
  },
  [FrameViolation.ControlTooLong]: { octets: masked(0x9, new Uint8Array(126)), at: 1, code: 1002 },
  [FrameViolation.LengthNotMinimal]: {
    octets: masked(0x2, new Uint8Array(125), { lengthBytes: 2 }),
    at: 2,
    code: 1002,
  },
  [FrameViolation.LengthTopBitSet]: {
    octets: masked(0x2, [1, 2], { declared: 2n ** 63n }),
    at: 2,
    code: 1002,
  },
  [FrameViolation.LengthUnsafe]: {
    octets: masked(0x2, [1], { declared: 2n ** 53n }),
    at: 2,
    code: 1009,
  },
  [FrameViolation.FrameTooLarge]: { octets: masked(0x2, new Uint8Array(401)), at: 2, code: 1009 },
  [MessageViolation.ContinuationUnexpected]: { octets: masked(0x0, "x"), at: 0, code: 1002 },
  [MessageViolation.ContinuationMissing]: {
    octets: concat(masked(0x1, "a", { fin: false }), masked(0x1, "b")),
    at: 7,
    code: 1002,
  },
  [MessageViolation.MessageTooLarge]: {
    octets: masked(0x2, new Uint8Array(301)),
    at: 2,
    code: 1009,
  },
  [MessageViolation.TooManyFragments]: {
    octets: concat(
      ...Array.from({ length: 6 }, (_, index) => masked(index === 0 ? 2 : 0, [], { fin: false })),
    ),
    at: 30,
    code: 1008,
  },
  [MessageViolation.TextNotUtf8]: { octets: masked(0x1, [0xff, 0x61]), at: 6, code: 1007 },
  [MessageViolation.TextTruncated]: { octets: masked(0x1, [0xf0, 0x9f]), at: 8, code: 1007 },
  [CloseViolation.CloseBodyOneByte]: { octets: masked(0x8, [3]), at: 6, code: 1002 },
  [CloseViolation.CloseCodeInvalid]: { octets: masked(0x8, closeBody(1004)), at: 6, code: 1002 },
  [CloseViolation.CloseReasonNotUtf8]: {
    octets: masked(0x8, closeBody(1000, [0x61, 0xc0])),
    at: 9,
    code: 1007,
  },
};

const BEFORE = concat(
  masked(0x1, "one"),
  masked(0x9, "ping"),
  masked(0x2, new Uint8Array(130), { fin: false }),
  masked(0x0, [7]),
);
const BEHIND = concat(masked(0x1, "late"), masked(0x9, "late"), masked(0x8, closeBody(1000)));
const TOLD_BEFORE: readonly Told[] = [
  { step: "text", text: "one" },
  { step: "ping", payload: [0x70, 0x69, 0x6e, 0x67] },
  { step: "binary", bytes: [...new Array<number>(130).fill(0), 7] },
];
const LIMITS = { message: 300, frame: 400, fragments: 5 };

/** The ways in which the same bytes reach an endpoint. */
const WAYS: Record<string, (bench: Bench, octets: Uint8Array) => Told[]> = {
  "in one chunk": (bench, octets) => bench.feed(octets),
  "byte by byte": (bench, octets) => bench.feed(octets, 1),
  "in chunks of eleven": (bench, octets) => bench.feed(octets, 11),
  "pulled only at the end": (bench, octets) => {
    for (let at = 0; at < octets.length; at += 50)
      bench.endpoint.receive(octets.slice(at, at + 50), 0);
    return bench.turn();
  },
  "through the inbox": (bench, octets) => {
    bench.endpoint.inbox.set(octets);
    bench.endpoint.received(octets.length, 0);
    return bench.turn();
  },
};

function sentClosesOf(bench: Bench): Bytes[] {
  return bench
    .sent()
    .filter(({ opcode }) => opcode === 0x8)
    .map(({ payload }) => [...payload]);
}

for (const [kind, { octets, at, code }] of Object.entries(BREAKS)) {
  describe(kind, () => {
    for (const [way, feed] of Object.entries(WAYS)) {
      test(`lets what was whole before it through, nothing behind it, and is told once, ${way}`, () => {
        const bench = Bench.open("server", { limits: LIMITS });
        const told = feed(bench, concat(BEFORE, octets, BEHIND));
        expect(told).toEqual([
          ...TOLD_BEFORE,
          { step: "violation", kind, offset: BEFORE.length + at },
        ]);
        expect(bench.feed(BEHIND)).toEqual([]);
        expect(bench.endpoint.unread).toBe(0);
      });
    }

    test(`is answered with a Close of ${code} behind the pong that was due, and the end of the stream (§7.1.7)`, () => {
      const bench = Bench.open("server", { limits: LIMITS });
      bench.feed(concat(BEFORE, octets, BEHIND));
      expect(bench.sent().map(({ opcode, payload }) => [opcode, [...payload]])).toEqual([
        [0xa, [0x70, 0x69, 0x6e, 0x67]],
        [0x8, [...closeBody(code)]],
      ]);
      expect(bench.ends).toEqual(["end-write"]);
    });

    test("is followed by the end of the stream, and then by Ended, which repeats it", () => {
      const bench = Bench.open("server", { limits: LIMITS });
      bench.feed(octets);
      const violation = bench.endpoint.violation;
      expect(bench.endpoint.state).toBe("closing");
      expect(bench.end()).toEqual([{ step: "ended" }]);
      expect(bench.endpoint.ended).toMatchObject({
        violation,
        localClose: { code, reason: "" },
        peerClose: null,
        firstClose: "local",
        timeout: null,
      });
      expect(bench.turn()).toEqual([]);
    });

    test("refuses what is sent after it as a lost race", () => {
      const bench = Bench.open("server", { limits: LIMITS });
      bench.feed(octets);
      expect(bench.endpoint.sendText("x")).toBe("closed");
      expect(bench.endpoint.sendBinary(new Uint8Array(1))).toBe("closed");
      expect(bench.endpoint.close(1000, "", 0)).toBe("closed");
      expect(bench.endpoint.ping(null, 0)).toBe(0);
      expect(bench.endpoint.pong()).toBe("closed");
      expect(sentClosesOf(bench)).toHaveLength(1);
    });

    test("behind our own Close adds none, and ends the stream all the same", () => {
      const bench = Bench.open("server", { limits: LIMITS });
      bench.endpoint.close(3000, "mine", 0);
      bench.feed(octets);
      expect(sentClosesOf(bench)).toEqual([[...closeBody(3000, "mine")]]);
      expect(bench.ends).toEqual(["end-write"]);
      bench.end();
      expect(bench.endpoint.ended).toMatchObject({
        violation: { kind },
        localClose: { code: 3000 },
      });
    });

    test("at the end of the stream is told before the end, although both are there at once", () => {
      const bench = Bench.open("server", { limits: LIMITS });
      bench.endpoint.receive(octets, 0);
      expect(bench.end().map(({ step }) => step)).toEqual(["violation", "ended"]);
    });
  });
}

describe("a violation inside a message", () => {
  test("drops what was gathered of it, and of no other", () => {
    const bench = Bench.open("server");
    const octets = concat(
      masked(0x1, "whole"),
      masked(0x1, "begun", { fin: false }),
      masked(0x1, "x"),
    );
    expect(bench.feed(octets)).toMatchObject([{ text: "whole" }, { kind: "continuation-missing" }]);
  });

  for (const size of [1, 3, 100]) {
    test(`in pieces is told behind every good octet, in chunks of ${size}`, () => {
      const bench = Bench.open("server", { pieces: true });
      const octets = concat(
        masked(0x1, "good ", { fin: false }),
        masked(0x9),
        masked(0x0, concat([0x6f, 0x6b, 0xe2, 0x82], [0x28], new Uint8Array(50))),
      );
      const told = bench.feed(octets, size);
      const pieces = told.flatMap((one) => (one.step === "piece" ? one.bytes : []));
      expect(pieces).toEqual([0x67, 0x6f, 0x6f, 0x64, 0x20, 0x6f, 0x6b, 0xe2, 0x82]);
      expect(told.at(-1)).toEqual({ step: "violation", kind: "text-not-utf8", offset: 27 });
      expect(told.some((one) => one.step === "piece" && one.final)).toBe(false);
    });
  }

  test("in pieces is not told when the host aborts before the cursor has moved on to it", () => {
    const { endpoint } = Bench.open("server", { pieces: true });
    endpoint.receive(masked(0x1, [0x61, 0xff]), 0);
    endpoint.next();
    endpoint.abort(0);
    expect(endpoint.next()).toBe(10);
    expect(endpoint.ended).toMatchObject({ violation: null, isAborted: true });
  });
});
