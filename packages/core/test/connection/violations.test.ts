/** Every violation on the wire: what breaks it, what it is called, where it is, and what answers it. */
import { describe, expect, test } from "vitest";
import { describeViolation } from "../../src/describe.ts";
import {
  CloseViolation,
  FrameViolation,
  MessageViolation,
  type WireViolation,
} from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { closeBody, concat, frame, KEY, masked, unmasked } from "../wire.ts";

interface Case {
  readonly because: string;
  readonly kind: WireViolation;
  readonly section: string;
  readonly closeCode: number;
  /** Bytes up to the one that proves it; nothing behind is needed. */
  readonly octets: Uint8Array;
  readonly offset: number;
  readonly role?: "client" | "server";
}

const CASES: readonly Case[] = [
  ...[4, 2, 1].map((rsv) => ({
    because: `§5.2: RSV bits ${rsv} without an extension that defines them`,
    kind: FrameViolation.ReservedBitSet,
    section: "5.2",
    closeCode: 1002,
    octets: masked(0x1, "x", { rsv }).slice(0, 2),
    offset: 0,
  })),
  ...[0x8, 0x9, 0xa, 0x0].map((opcode) => ({
    because: `§5.2: RSV1 on opcode 0x${opcode.toString(16)}, which Node's own client accepts`,
    kind: FrameViolation.ReservedBitSet,
    section: "5.2",
    closeCode: 1002,
    octets: masked(opcode, [], { rsv: 4 }).slice(0, 2),
    offset: 0,
  })),
  ...[3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) => ({
    because: `§5.2: opcode 0x${opcode.toString(16)} is reserved`,
    kind: FrameViolation.ReservedOpcode,
    section: "5.2",
    closeCode: 1002,
    octets: masked(opcode).slice(0, 2),
    offset: 0,
  })),
  {
    because: "§5.1: a client's frame that is not masked, which Deno accepts",
    kind: FrameViolation.MaskMissing,
    section: "5.1",
    closeCode: 1002,
    octets: unmasked(0x1, "hello").slice(0, 2),
    offset: 1,
  },
  {
    because: "§5.1: a server's frame that is masked, which Deno accepts",
    kind: FrameViolation.MaskUnexpected,
    section: "5.1",
    closeCode: 1002,
    octets: masked(0x1, "hello").slice(0, 2),
    offset: 1,
    role: "client",
  },
  ...[0x8, 0x9, 0xa].map((opcode) => ({
    because: `§5.5: a fragmented control frame 0x${opcode.toString(16)}`,
    kind: FrameViolation.ControlFragmented,
    section: "5.5",
    closeCode: 1002,
    octets: masked(opcode, [], { fin: false }).slice(0, 2),
    offset: 0,
  })),
  ...[0x8, 0x9, 0xa].map((opcode) => ({
    because: `§5.5: a control frame 0x${opcode.toString(16)} of 126 octets, judged before its payload`,
    kind: FrameViolation.ControlTooLong,
    section: "5.5",
    closeCode: 1002,
    octets: masked(opcode, new Uint8Array(126)).slice(0, 2),
    offset: 1,
  })),
  {
    because: "§5.2: 125 in 16 bits",
    kind: FrameViolation.LengthNotMinimal,
    section: "5.2",
    closeCode: 1002,
    octets: masked(0x2, new Uint8Array(125), { lengthBytes: 2 }).slice(0, 4),
    offset: 2,
  },
  {
    because: "§5.2: 0 in 64 bits",
    kind: FrameViolation.LengthNotMinimal,
    section: "5.2",
    closeCode: 1002,
    octets: masked(0x2, [], { lengthBytes: 8 }).slice(0, 10),
    offset: 2,
  },
  {
    because: "§5.2: 65,535 in 64 bits",
    kind: FrameViolation.LengthNotMinimal,
    section: "5.2",
    closeCode: 1002,
    octets: masked(0x2, [], { lengthBytes: 8, declared: 65_535n }).slice(0, 10),
    offset: 2,
  },
  {
    because: "§5.2: the most significant bit of a 64-bit length",
    kind: FrameViolation.LengthTopBitSet,
    section: "5.2",
    closeCode: 1002,
    octets: masked(0x2, [], { declared: 0x8000_0000_0000_0001n }).slice(0, 10),
    offset: 2,
  },
  {
    because: "2^53 bytes, which undici's first parser took for a small number",
    kind: FrameViolation.LengthUnsafe,
    section: "10.4",
    closeCode: 1009,
    octets: masked(0x2, [], { declared: 2n ** 53n }).slice(0, 10),
    offset: 2,
  },
  {
    because: "2^32 + 5 bytes: the low half alone would pass",
    kind: FrameViolation.FrameTooLarge,
    section: "10.4",
    closeCode: 1009,
    octets: masked(0x2, [], { declared: 2n ** 32n + 5n }).slice(0, 10),
    offset: 2,
  },
  {
    because: "§5.4: a continuation of nothing",
    kind: MessageViolation.ContinuationUnexpected,
    section: "5.4",
    closeCode: 1002,
    octets: masked(0x0, "x").slice(0, 2),
    offset: 0,
  },
  {
    because: "§5.4: a continuation behind a message that is whole",
    kind: MessageViolation.ContinuationUnexpected,
    section: "5.4",
    closeCode: 1002,
    octets: concat(masked(0x1, "ab"), masked(0x0, "x").slice(0, 2)),
    offset: 8,
  },
  {
    because: "§5.4: a text inside a fragmented binary",
    kind: MessageViolation.ContinuationMissing,
    section: "5.4",
    closeCode: 1002,
    octets: concat(masked(0x2, [1], { fin: false }), masked(0x1, "x").slice(0, 2)),
    offset: 7,
  },
  {
    because: "§8.1: a byte that is never UTF-8, in an unfinished frame",
    kind: MessageViolation.TextNotUtf8,
    section: "8.1",
    closeCode: 1007,
    octets: masked(0x1, concat([0x61, 0x62], [0xff], new Uint8Array(90))).slice(0, 9),
    offset: 8,
  },
  {
    because: "§8.1: a surrogate, wrong at its second byte",
    kind: MessageViolation.TextNotUtf8,
    section: "8.1",
    closeCode: 1007,
    octets: masked(0x1, [0xed, 0xa0, 0x80]).slice(0, 8),
    offset: 7,
  },
  {
    because: "§8.1: a character begun in one fragment and spoilt in the next",
    kind: MessageViolation.TextNotUtf8,
    section: "8.1",
    closeCode: 1007,
    octets: concat(masked(0x1, [0xe2, 0x82], { fin: false }), masked(0x0, [0x41])),
    offset: 14,
  },
  {
    because: "§8.1: the message ends inside a character",
    kind: MessageViolation.TextTruncated,
    section: "8.1",
    closeCode: 1007,
    octets: masked(0x1, [0xe2, 0x82]),
    offset: 8,
  },
  {
    because: "§8.1: the message ends inside a character of the fragment before",
    kind: MessageViolation.TextTruncated,
    section: "8.1",
    closeCode: 1007,
    octets: concat(masked(0x1, [0xf0], { fin: false }), masked(0x0)),
    offset: 13,
  },
  {
    because: "§5.5.1: half a code",
    kind: CloseViolation.CloseBodyOneByte,
    section: "5.5.1",
    closeCode: 1002,
    octets: masked(0x8, [0x03]),
    offset: 6,
  },
  {
    because: "§7.4.1: 1005 must not be on the wire",
    kind: CloseViolation.CloseCodeInvalid,
    section: "7.4",
    closeCode: 1002,
    octets: masked(0x8, closeBody(1005)),
    offset: 6,
  },
  {
    because: "§5.5.1: a reason that is not UTF-8",
    kind: CloseViolation.CloseReasonNotUtf8,
    section: "5.5.1",
    closeCode: 1007,
    octets: masked(0x8, closeBody(1000, [0x61, 0xff])),
    offset: 9,
  },
  {
    because: "§5.5.1: a reason that ends inside a character",
    kind: CloseViolation.CloseReasonNotUtf8,
    section: "5.5.1",
    closeCode: 1007,
    octets: masked(0x8, closeBody(1000, [0xc3])),
    offset: 9,
  },
];

describe("a violation is a value, and is answered with its Close", () => {
  for (const { because, kind, section, closeCode, octets, offset, role = "server" } of CASES) {
    test(`${kind}: ${because}`, () => {
      const bench = Bench.open(role);
      const told = bench.feed(octets);
      expect(told.at(-1)).toEqual({ step: "violation", kind, offset });
      expect(bench.endpoint.violation).toEqual({ kind, section, closeCode, status: 0, offset });
      const close = bench.sent().at(-1)!;
      expect([close.opcode, [...close.payload]]).toEqual([0x8, [...closeBody(closeCode)]]);
      expect(bench.ends).toEqual(["end-write"]);
    });
  }

  for (const { because, kind, octets, offset, role = "server" } of CASES) {
    test(`${kind} needs its last octet, and no more: ${because}`, () => {
      const bench = Bench.open(role);
      const before = bench.feed(octets.slice(0, -1), 1);
      expect(before.filter(({ step }) => step === "violation")).toEqual([]);
      expect(bench.feed(octets.slice(-1))).toEqual([{ step: "violation", kind, offset }]);
    });
  }

  test("every kind of violation on the wire has a case here, but those that are limits or need an extension", () => {
    const elsewhere: string[] = [
      MessageViolation.MessageTooLarge,
      MessageViolation.TooManyFragments,
      MessageViolation.ExtensionDataCorrupt,
    ];
    const all = [FrameViolation, MessageViolation, CloseViolation].flatMap((kinds) =>
      Object.values<string>(kinds),
    );
    const covered = new Set<string>([...CASES.map(({ kind }) => kind), ...elsewhere]);
    expect(all.filter((kind) => !covered.has(kind))).toEqual([]);
  });
});

describe("around a violation", () => {
  test("messages that were whole before it are delivered first", () => {
    const bench = Bench.open("server");
    expect(bench.feed(concat(masked(0x1, "one"), masked(0x2, [2]), masked(0x3)))).toEqual([
      { step: "text", text: "one" },
      { step: "binary", bytes: [2] },
      { step: "violation", kind: "reserved-opcode", offset: 16 },
    ]);
  });

  test("nothing behind it is delivered, and no ping behind it is answered", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x3));
    bench.sent();
    expect(bench.feed(concat(masked(0x9), masked(0x1, "late")))).toEqual([]);
    expect(bench.sent()).toEqual([]);
  });

  test("it never looks like the peer's Close", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x3));
    expect(bench.endpoint.peerClose).toBeNull();
    expect(bench.end()).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({
      localClose: { code: 1002 },
      peerClose: null,
      firstClose: "local",
      violation: { kind: "reserved-opcode" },
    });
  });

  test("after our own Close it queues no second one", () => {
    const bench = Bench.open("server");
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    bench.sent();
    bench.feed(masked(0x3));
    expect(bench.sent()).toEqual([]);
    expect(bench.ends).toEqual(["end-write"]);
  });

  test("an endpoint whose peer is silent after it ends at the close deadline", () => {
    const bench = Bench.open("server", { timeouts: { close: 700 } });
    bench.feed(masked(0x3));
    expect(bench.endpoint.deadline).toBe(700);
    expect(bench.at(700)).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  test("describeViolation says what, where, by which section and what it was answered", () => {
    const bench = Bench.open("server");
    bench.feed(concat(masked(0x1, "a"), frame({ opcode: 0x5, key: KEY })));
    expect(describeViolation(bench.endpoint.violation!)).toBe(
      "a frame has a reserved opcode at byte 7 (RFC 6455 5.2); closed with 1002",
    );
  });
});
