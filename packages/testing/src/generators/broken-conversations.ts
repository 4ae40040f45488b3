/** Conversations in which the peer breaks one rule of RFC 6455, tagged with the rule and the close codes that must follow. */

import fc from "fast-check";
import { requireCount, requireOptions, requireRole } from "../given.ts";
import { RULES, type RuleName } from "../oracle/rules.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeFrame, type WireFrame } from "../wire/frame.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { encodeText } from "../wire/text.ts";
import { bodyOf, brokenCloseBodies } from "./close-bodies.ts";
import type { Conversation } from "./conversations.ts";
import { maskedWith } from "./conversations.ts";
import { keysFor } from "./frames.ts";
import { maskingKeys, texts } from "./payloads.ts";
import { framesOf, programs } from "./programs.ts";
import { shownAs } from "./shown.ts";
import { invalidUtf8 } from "./utf8.ts";

/** A conversation with one broken rule. */
export interface BrokenConversation extends Conversation {
  /** The broken rule. */
  readonly rule: RuleName;
  /** The section of RFC 6455 that says the rule. */
  readonly section: string;
  /** Each of these close codes is right. */
  readonly codes: readonly number[];
  /** The offset of the frame that breaks the rule. */
  readonly at: number;
}

/** Which rules are broken. */
export interface BreakingOptions {
  /** The rules to break. Default: all that a peer of the role can break. */
  readonly rules?: readonly RuleName[] | undefined;
  /** The largest message that the endpoint takes, in bytes. Default: none, and "message too big" is not broken. */
  readonly messageLimit?: number | undefined;
  /** Nothing stands behind the frame that breaks the rule. Default false. */
  readonly isLast?: boolean;
}

/** Frames without their keys; the last of them breaks the rule. */
type Bare = Partial<WireFrame> & { readonly opcode: number };

type Breaker = (limit: number) => fc.Arbitrary<readonly Bare[]>;

const dataOpcodes = (): fc.Arbitrary<number> => fc.constantFrom(1, 2);
const controlOpcodes = (): fc.Arbitrary<number> => fc.constantFrom(9, 10, 8);
/** A message that is under way. */
const begun = (): fc.Arbitrary<Bare> =>
  dataOpcodes().map((opcode) => ({ opcode, fin: false, payload: encodeText("ab") }));
/** Any lawful frame by itself, or a Continuation behind its beginning. */
const lawful = (): fc.Arbitrary<readonly Bare[]> =>
  fc.oneof(
    texts().map((text) => [{ opcode: 1, payload: encodeText(text) }]),
    fc.constantFrom(9, 10, 8).map((opcode) => [{ opcode }]),
    begun().map((first) => [first, { opcode: 0, payload: encodeText("c") }]),
  );
const withLast = (some: readonly Bare[], more: Partial<WireFrame>): readonly Bare[] =>
  some.map((frame, index) => (index === some.length - 1 ? { ...frame, ...more } : frame));
const closes = (rule: RuleName): fc.Arbitrary<readonly Bare[]> =>
  brokenCloseBodies()
    .filter((one) => one.rule === rule)
    .map(({ body }) => [{ opcode: 8, payload: body }]);

const BREAKERS: Readonly<Record<RuleName, Breaker>> = {
  "reserved bit": () =>
    fc
      .tuple(lawful(), fc.constantFrom(4, 2, 1, 6, 7))
      .map(([some, rsv]) => withLast(some, { rsv })),
  "reserved opcode": () =>
    fc
      .tuple(fc.constantFrom(3, 4, 5, 6, 7, 11, 12, 13, 14, 15), fc.constantFrom("", "a"))
      .map(([opcode, text]) => [{ opcode, payload: encodeText(text) }]),
  "fragmented control frame": () => controlOpcodes().map((opcode) => [{ opcode, fin: false }]),
  "long control frame": () =>
    fc
      .tuple(controlOpcodes(), fc.constantFrom(126, 127, 200))
      .map(([opcode, length]) => [
        { opcode, payload: bodyOf(1000, new Uint8Array(length - 2).fill(0x61)) },
      ]),
  "missing mask": () => lawful().map((some) => withLast(some, { key: null })),
  "unwanted mask": () =>
    fc.tuple(lawful(), maskingKeys()).map(([some, key]) => withLast(some, { key })),
  "stray continuation": () =>
    fc.boolean().map((fin) => [{ opcode: 0, fin, payload: encodeText("a") }]),
  "interleaved message": () =>
    fc
      .tuple(begun(), dataOpcodes(), fc.boolean())
      .map(([first, opcode, fin]) => [first, { opcode, fin, payload: encodeText("b") }]),
  "length not minimal": () =>
    fc
      .tuple(
        fc.constantFrom(1, 2),
        fc.constantFrom<readonly [0 | 2 | 8, number]>(
          [2, 0],
          [2, 1],
          [2, 125],
          [8, 0],
          [8, 125],
          [8, 300],
        ),
      )
      .map(([opcode, [lengthBytes, length]]) => [
        { opcode, lengthBytes, payload: new Uint8Array(length).fill(0x61) },
      ]),
  "length with top bit": () =>
    // The second is 65,536 for those who read 32 bits.
    fc
      .tuple(dataOpcodes(), fc.constantFrom(2 ** 63, 2 ** 63 + 65_536))
      .map(([opcode, declaredLength]) => [
        { opcode, lengthBytes: 8, declaredLength, payload: encodeText("a") },
      ]),
  "message too big": (limit) =>
    fc.tuple(fc.integer({ min: 1, max: 50 }), fc.boolean()).map(([more, isParted]) => {
      const payload = new Uint8Array(limit + more);
      if (!isParted) return [{ opcode: 2, payload }];
      const first = payload.subarray(0, limit);
      return [
        { opcode: 2, fin: false, payload: first },
        { opcode: 0, payload: payload.subarray(limit) },
      ];
    }),
  "text not UTF-8": () =>
    fc.tuple(invalidUtf8(), fc.option(fc.nat({ max: 16 }))).map(([{ bytes }, point]) =>
      point === null || point > bytes.length
        ? [{ opcode: 1, payload: bytes }]
        : [
            { opcode: 1, fin: false, payload: bytes.slice(0, point) },
            { opcode: 0, payload: bytes.slice(point) },
          ],
    ),
  "close body of one byte": () => closes("close body of one byte"),
  "close code": () => closes("close code"),
  "close reason not UTF-8": () => closes("close reason not UTF-8"),
};

function breakableRules(role: "client" | "server", options: BreakingOptions): RuleName[] {
  requireRole(role);
  requireOptions("brokenConversations", options, ["rules", "messageLimit", "isLast"]);
  const { rules, messageLimit } = options;
  if (messageLimit !== undefined) requireCount("messageLimit", messageLimit, 0);
  const known = Object.keys(RULES) as RuleName[];
  const unknown = rules?.find?.((rule) => !known.includes(rule));
  if (unknown !== undefined) {
    throw new RangeError(
      `there is no rule ${JSON.stringify(unknown)}; the rules are ${known.join(", ")}`,
    );
  }
  const breakable = known.filter(
    (rule) =>
      rule !== (role === "server" ? "unwanted mask" : "missing mask") &&
      (rule !== "message too big" || messageLimit !== undefined),
  );
  const some = rules === undefined ? breakable : breakable.filter((rule) => rules.includes(rule));
  if (some.length > 0) return some;
  throw new RangeError(`a peer of a ${role} cannot break any of the rules ${rules?.join(", ")}`);
}

function brokenOf(
  role: "client" | "server",
  options: BreakingOptions,
  surroundings: fc.Arbitrary<readonly [before: readonly WireFrame[], behind: readonly WireFrame[]]>,
): fc.Arbitrary<BrokenConversation> {
  const rules = breakableRules(role, options);
  const { messageLimit = 0 } = options;
  return fc
    .constantFrom(...rules)
    .chain((rule) =>
      fc.tuple(fc.constant(rule), BREAKERS[rule](messageLimit), keysFor(role), surroundings),
    )
    .map(([rule, bare, key, [before, behind]]) => {
      const broken = bare.map(
        (frame): WireFrame => ({ fin: true, rsv: 0, payload: new Uint8Array(0), key, ...frame }),
      );
      const encoded = [...before, ...broken].map(encodeFrame);
      const at = joinBytes(encoded.slice(0, -1)).length;
      const all = [...before, ...broken, ...behind];
      const { section, codes, says } = RULES[rule];
      const bytes = joinBytes(all.map(encodeFrame));
      const text = `§${section}: ${says}; ${codes.join(" or ")} must follow`;
      return shownAs({ rule, section, codes, at, frames: all, bytes }, () =>
        dumpFrames(bytes, { mark: { offset: at, text } }),
      );
    });
}

/** A frame that breaks a rule, with the beginning of a message in front of it where the rule needs one. */
export function brokenFrames(
  role: "client" | "server",
  options: BreakingOptions = {},
): fc.Arbitrary<BrokenConversation> {
  return brokenOf(role, options, fc.constant([[], []]));
}

/** Lawful frames, a frame that breaks a rule, and lawful frames behind it, which nobody may read. */
export function brokenConversations(
  role: "client" | "server",
  options: BreakingOptions = {},
): fc.Arbitrary<BrokenConversation> {
  const { messageLimit = Number.POSITIVE_INFINITY, isLast = false } = options;
  const some = fc
    .tuple(programs({ maxLength: 2 }), fc.array(keysFor(role), { minLength: 1, maxLength: 2 }))
    .map(([program, keys]) => {
      const short = program.filter(
        (one) => one.kind !== "close" && one.bytes.length <= messageLimit,
      );
      return framesOf(short, maskedWith(keys));
    });
  return brokenOf(role, options, fc.tuple(some, isLast ? fc.constant([]) : some));
}
