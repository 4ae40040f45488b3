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
import { outcomeOf } from "./engine-outcome.ts";
import { anyOptions, examples, piecesOf } from "./example.ts";
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

/**
 * A parser delivers what RFC 6455 wants, and ends as RFC 6455 wants: messages, pings, and the close code that must follow.
 * Names and offsets of violations are not compared. Where the RFC calls several ends right, each of them is. The bytes
 * that the parser sends are judged too, if it sends. Throws with the smallest counterexample.
 *
 * The inputs: whole conversations, conversations with one broken rule, each of the rules in turn, streams with one or two
 * wrong bits or bytes, and wild bytes; each of them cut anyhow.
 */
export function verdictLaw(parser: Parser, options: VerdictLawOptions = {}): void {
  const { judges = "any time", rules, ...rest } = options;
  requireOneOf("judges", judges, ["early", "any time"]);
  const needsLimit = rules?.includes("message too big") ?? false;
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
      const { role, messageLimit } = example.options;
      const verdict = verdictOf(example.bytes, {
        role,
        judges,
        ...(messageLimit === undefined ? {} : { messageLimit }),
      });
      const trace = traceOf(parser, example.options, piecesOf(example));
      const outcome = outcomeOf(trace);
      const fault =
        judge(outcome, verdict) ??
        (trace.sends ? judgeOutput(trace.output, role, outcome, verdict) : null);
      if (fault !== null) throw new LawBroken(fault);
    }),
    rest,
  );
}
