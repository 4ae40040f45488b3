/** The law of the verdict: a parser does with any bytes what RFC 6455 wants, as the oracle reads it. */

import fc from "fast-check";
import type { EngineOptions, Parser } from "../engine/engine.ts";
import { brokenConversations } from "../generators/broken-conversations.ts";
import { largeMessages } from "../generators/conversations.ts";
import { streams } from "../generators/streams.ts";
import { requireOneOf } from "../given.ts";
import { judge } from "../oracle/outcome.ts";
import { judgeOutput } from "../oracle/output.ts";
import type { RuleName } from "../oracle/rules.ts";
import { verdictOf } from "../oracle/verdict.ts";
import { encodeFrame } from "../wire/frame.ts";
import { outcomeOf } from "./engine-outcome.ts";
import { anyOptions, type Example, examples, piecesOf } from "./example.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { traceOf } from "./trace.ts";

/** How the law of the verdict is tried. */
export interface VerdictLawOptions extends Omit<LawOptions, "extensions"> {
  /**
   * "early": the parser promises to judge a header when it has arrived, and text at each byte. Default: "any time", as RFC 6455
   * allows.
   */
  readonly judges?: "early" | "any time";
  /** Only conversations that break these rules are tried. Default: all inputs. */
  readonly rules?: readonly RuleName[];
}

/** So many bytes are room enough for most inputs, and some messages are larger. */
const MESSAGE_LIMIT = 1000;
const LIMIT_RULE: RuleName = "message too big";

/**
 * A parser delivers what RFC 6455 wants, and ends as RFC 6455 wants: messages, pings, and the close code that must follow.
 * Names and offsets of violations are not compared. Where the RFC calls several ends right, each of them is. The bytes
 * that the parser sends are judged too, if it sends. Throws with the smallest counterexample.
 *
 * RFC 6455 asks no parser for a limit, and for no event of a Pong. So `messageLimit` counts only for a parser that reads this
 * option, or where the rule "message too big" is asked for; and Pongs count only for a parser that tells of one by itself.
 *
 * The inputs: whole conversations, conversations with one broken rule, each of the rules in turn, streams with one or two
 * wrong bits or bytes, and wild bytes; each of them cut anyhow.
 */
export function verdictLaw(parser: Parser, options: VerdictLawOptions = {}): void {
  const { judges = "any time", rules, ...rest } = options;
  requireOneOf("judges", judges, ["early", "any time"]);
  const needsLimit = rules?.includes(LIMIT_RULE) ?? false;
  const tellsPongs = new Map<EngineOptions["role"], boolean>();
  const faultOf = (example: Example, overwrites: boolean): string | null => {
    const { role, messageLimit } = example.options;
    const { options: watched, isLimitRead } = watchedOptions(example.options);
    const trace = traceOf(parser, watched, piecesOf(example), overwrites);
    const isLimited = messageLimit !== undefined && (needsLimit || isLimitRead());
    const verdict = verdictOf(example.bytes, { role, judges, ...(isLimited && { messageLimit }) });
    const outcome = outcomeOf(trace);
    if (!tellsPongs.has(role)) tellsPongs.set(role, tellsOfPongs(parser, role));
    const counted = tellsPongs.get(role) ? outcome : { ...outcome, pongs: null };
    return (
      judge(counted, verdict) ??
      (trace.sends ? judgeOutput(trace.output, role, counted, verdict) : null)
    );
  };
  const some = fc
    .tuple(anyOptions(rest), needsLimit ? fc.constant(true) : fc.boolean())
    .map(
      ([one, isLimited]): EngineOptions =>
        isLimited ? { ...one, messageLimit: MESSAGE_LIMIT } : one,
    );
  const inputs = examples(some, ({ role, messageLimit }) => {
    const broken = brokenConversations(role, { rules, messageLimit }).map(({ bytes }) => bytes);
    if (rules !== undefined) return broken;
    return fc.oneof(
      { withCrossShrink: true },
      { weight: 20, arbitrary: streams(role) },
      { weight: 20, arbitrary: broken },
      { weight: 1, arbitrary: largeMessages(role).map(({ bytes }) => bytes) },
    );
  });
  checkLaw(
    "verdictLaw",
    [parser],
    fc.property(inputs, (example) => {
      const fault = faultOf(example, true);
      if (fault === null) return;
      throw new LawBroken(faultOf(example, false) === null ? `${CHUNK_KEPT}: ${fault}` : fault);
    }),
    rest,
  );
}

const CHUNK_KEPT =
  "it still reads a chunk after the pull behind it, and chunks are overwritten then";

/** The options, and whether the parser reads the limit: a parser that does not read it cannot keep to it. */
function watchedOptions(options: EngineOptions): {
  readonly options: EngineOptions;
  isLimitRead(): boolean;
} {
  let isRead = false;
  const { messageLimit } = options;
  const watched = {
    ...options,
    get messageLimit() {
      isRead = true;
      return messageLimit;
    },
  };
  return {
    options: messageLimit === undefined ? options : (watched as EngineOptions),
    isLimitRead: () => isRead,
  };
}

/** Whether the parser tells of a Pong that comes alone. */
function tellsOfPongs(parser: Parser, role: EngineOptions["role"]): boolean {
  const key = role === "server" ? new Uint8Array(4) : null;
  const pong = encodeFrame({ fin: true, rsv: 0, opcode: 10, key, payload: new Uint8Array(0) });
  const { events } = traceOf(parser, { from: "open", role, pieces: false }, [pong]);
  return events.some(({ kind }) => kind === "pong");
}
