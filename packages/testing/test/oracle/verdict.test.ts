/** The oracle, on bytes whose verdict anybody can read in RFC 6455. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  brokenConversations,
  brokenFrames,
  conversations,
  dumpFrames,
  encodeFrame,
  encodeText,
  fragmentations,
  fromHex,
  joinBytes,
  messages,
  RULES,
  type RuleName,
  type VerdictSettings,
  verdictOf,
  type WireFrame,
  wildStreams,
} from "../../src/index.ts";
import { describeEnds } from "../../src/oracle/outcome.ts";

const SERVER: VerdictSettings = { role: "server" };
const key = fromHex("01020304");
const frame = (opcode: number, text = "", more: Partial<WireFrame> = {}): Uint8Array =>
  encodeFrame({ fin: true, rsv: 0, opcode, payload: encodeText(text), key, ...more });
const close = (hex: string): Uint8Array => frame(8, "", { payload: fromHex(hex) });
const text = (hex: string, more: Partial<WireFrame> = {}): Uint8Array =>
  frame(1, "", { payload: fromHex(hex), ...more });

/** The ends in short: o open, c1000 a Close, 1002 a failure. */
function endsOf(bytes: Uint8Array, settings = SERVER): string {
  return verdictOf(bytes, settings)
    .ends.map((end) => (end.kind === "open" ? "open" : `${end.kind} ${end.code ?? "none"}`))
    .join(", ");
}

describe("the verdict on", () => {
  test.each<[string, Uint8Array, string]>([
    ["no bytes", new Uint8Array(0), "open"],
    ["a text", frame(1, "a"), "open"],
    ["a Close without a code", close(""), "close none"],
    ["a Close with 1000", close("03e8"), "close 1000"],
    ["a reserved opcode behind a Close", joinBytes([close("03e8"), frame(3)]), "close 1000"],
    ["a Close with one byte", close("03"), "failure 1002"],
    ["a Close with 1005", close("03ed"), "failure 1002"],
    ["a Close with 999", close("03e7"), "failure 1002"],
    ["a Close with 5000", close("1388"), "failure 1002"],
    ["a Close with 3000", close("0bb8"), "close 3000"],
    [
      "a Close with 1014, which IANA has registered since",
      close("03f6"),
      "close 1014, failure 1002",
    ],
    ["a Close with 2999, which is reserved", close("0bb7"), "close 2999, failure 1002"],
    ["a Close whose reason is not UTF-8", close("03e8ff"), "failure 1002, failure 1007"],
    ["RSV2", frame(2, "", { rsv: 2 }), "failure 1002"],
    ["opcode 3", frame(3), "failure 1002"],
    ["opcode 11", frame(11), "failure 1002"],
    ["a Ping without FIN", frame(9, "", { fin: false }), "failure 1002"],
    ["a Ping with 126 bytes", frame(9, "x".repeat(126)), "failure 1002"],
    ["a Ping with 125 bytes", frame(9, "x".repeat(125)), "open"],
    ["a frame without a mask", frame(2, "", { key: null }), "failure 1002"],
    ["a stray Continuation", frame(0), "failure 1002"],
    ["a Text in a message", joinBytes([frame(2, "", { fin: false }), frame(1)]), "failure 1002"],
    ["a length of 125 in 16 bits", frame(2, "x".repeat(125), { lengthBytes: 2 }), "failure 1002"],
    ["a length of 126 in 64 bits", frame(2, "x".repeat(126), { lengthBytes: 8 }), "failure 1002"],
    ["a length of 126 in 16 bits", frame(2, "x".repeat(126)), "open"],
    ["a length of 2 ** 63", fromHex("82ff8000000000000000"), "failure 1002, failure 1009"],
    ["text that is not UTF-8", text("61ff"), "failure 1007"],
    ["text that breaks off in a character", text("e282"), "failure 1007"],
    [
      "a character in two fragments",
      joinBytes([text("e2", { fin: false }), frame(0, "", { payload: fromHex("82ac") })]),
      "open",
    ],
    ["bad text in a fragment, which can wait", text("ff", { fin: false }), "open, failure 1007"],
    [
      "bad text in a fragment, and a Close",
      joinBytes([text("ff", { fin: false }), close("03e8")]),
      "close 1000, failure 1007",
    ],
    [
      "bad text in a fragment, and opcode 3",
      joinBytes([text("ff", { fin: false }), frame(3)]),
      "failure 1002, failure 1007",
    ],
    ["bad text in a binary message", frame(2, "", { payload: fromHex("ff") }), "open"],
    [
      "a reserved opcode in a frame that breaks off",
      frame(3, "abc").slice(0, -1),
      "open, failure 1002",
    ],
    [
      "a large frame that breaks off, of 2 MiB",
      fromHex("82ff0000000000200000"),
      "open, failure 1009",
    ],
    ["a frame that breaks off, of 2 KiB", fromHex("82fe0800"), "open"],
  ])("%s", (_, bytes, ends) => {
    expect(endsOf(bytes), dumpFrames(bytes)).toBe(ends);
  });

  test.each<[string, Uint8Array, string]>([
    ["opcode 3 in a frame that breaks off", frame(3, "abc").slice(0, -1), "failure 1002"],
    ["opcode 3, of which one byte arrived", fromHex("83"), "open, failure 1002"],
    ["bad text in a fragment", text("ff", { fin: false }), "failure 1007"],
    [
      "bad text in a frame of 2 GiB, which a limit of the endpoint's own may refuse",
      fromHex("01ff0000000089840000 00000000 0000ff"),
      "failure 1007, failure 1009",
    ],
    [
      "RSV2 in such a frame",
      fromHex("a2ff0000000089840000 00000000"),
      "failure 1002, failure 1009",
    ],
  ])("%s, by an endpoint that judges early", (_, bytes, ends) => {
    expect(endsOf(bytes, { role: "server", judges: "early" })).toBe(ends);
  });

  test("a masked frame, by a client", () => {
    expect(endsOf(frame(1, "a"), { role: "client" })).toBe("failure 1002");
    expect(endsOf(frame(1, "a", { key: null }), { role: "client" })).toBe("open");
  });

  test("a message above the limit, whole and in fragments", () => {
    const settings: VerdictSettings = { role: "server", messageLimit: 10 };
    const parts = [frame(2, "x".repeat(10), { fin: false }), frame(0, "x")];
    expect(endsOf(joinBytes(parts), settings)).toBe("failure 1009");
    expect(endsOf(frame(2, "x".repeat(11)), settings)).toBe("failure 1009");
    expect(endsOf(frame(2, "x".repeat(10)), settings)).toBe("open");
  });
});

test("messages and pings come in order, and those behind a fault do not come", () => {
  const bytes = joinBytes([
    frame(1, "a", { fin: false }),
    frame(9, "p"),
    frame(0, "b"),
    frame(2, "c"),
    frame(3),
    frame(2, "d"),
  ]);
  const verdict = verdictOf(bytes, SERVER);
  expect(verdict.messages).toEqual([
    { type: "text", bytes: encodeText("ab") },
    { type: "binary", bytes: encodeText("c") },
  ]);
  expect(verdict.pings).toEqual([encodeText("p")]);
  expect(verdict.fault).toEqual({ rule: "reserved opcode", offset: bytes.length - 13 });
  expect(describeEnds(verdict)).toBe(
    "a failure with 1002, because opcodes 3 to 7 and 11 to 15 are reserved (RFC 6455 §5.2), and byte 28 breaks that rule",
  );
});

const ROLES = ["client", "server"] as const;

test.each(ROLES)("any bytes have a verdict, for a %s", (role) => {
  fc.assert(
    fc.property(wildStreams(), (bytes) => {
      expect(verdictOf(bytes, { role }).ends).not.toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test.each(ROLES)("conversations for a %s are lawful", (role) => {
  fc.assert(
    fc.property(conversations(role), ({ bytes }) => {
      expect(verdictOf(bytes, { role, judges: "early" }).fault).toBeNull();
    }),
  );
});

test.each(ROLES)("each fragmentation of a message for a %s brings that message", (role) => {
  const some = messages().chain((message) =>
    fragmentations(message, role).map(({ bytes }) => ({ message, bytes })),
  );
  fc.assert(
    fc.property(some, ({ message, bytes }) => {
      expect(verdictOf(bytes, { role }).messages).toEqual([{ ...message }]);
    }),
  );
});

describe.each(ROLES)("a conversation for a %s that is tagged with", (role) => {
  const rules = (Object.keys(RULES) as RuleName[]).filter(
    (rule) => rule !== (role === "server" ? "unwanted mask" : "missing mask"),
  );
  test.each(rules)("%j breaks that rule, at the frame that the tag names", (rule) => {
    for (const make of [brokenConversations, brokenFrames]) {
      fc.assert(
        fc.property(make(role, { rules: [rule], messageLimit: 500 }), (broken) => {
          const { bytes, at, codes } = broken;
          const { fault, ends } = verdictOf(bytes, { role, messageLimit: 500 });
          expect(fault?.rule).toBe(rule);
          // Text can be wrong in an earlier fragment than the last.
          if (rule !== "text not UTF-8") expect(fault!.offset).toBeGreaterThanOrEqual(at);
          for (const code of codes) expect(ends).toContainEqual({ kind: "failure", code });
        }),
      );
    }
  });
});

test("a broken conversation shows itself as a dump that points at the broken rule", () => {
  const [broken] = fc.sample(brokenFrames("client", { rules: ["reserved opcode"] }), {
    numRuns: 1,
    seed: 1,
  });
  expect(fc.stringify(broken)).toMatch(
    /opcode \d+ \(reserved\), FIN, not masked.*\n +\^ byte 0: §5\.2: opcodes .* are reserved; 1002 must follow/,
  );
});
