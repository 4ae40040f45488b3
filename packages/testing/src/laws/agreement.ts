/** Two engines, or two paths of one, tell the same story of the same bytes. */
import fc from "fast-check";
import type { EngineEvent, Parser } from "../engine/engine.ts";
import { streams } from "../generators/streams.ts";
import { judge, showOutcome } from "../oracle/outcome.ts";
import { verdictOf } from "../oracle/verdict.ts";
import { toHex } from "../wire/bytes.ts";
import { outcomeOf } from "./engine-outcome.ts";
import { anyOptions, type Example, examples, piecesOf } from "./example.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { blurWrongPayload, joinPieces, requireSame, show, traceOf } from "./trace.ts";

function inputs(options: LawOptions): fc.Arbitrary<Example> {
  return examples(anyOptions(options), ({ role }) => streams(role, options.extensions));
}

/**
 * Two engines by different authors make the same of the same bytes: the same messages, and an end with the same close code.
 * Names of violations, offsets and the bytes sent are not compared. Where RFC 6455 calls several ends right, the engines
 * may differ. Throws with the smallest counterexample.
 */
export function agreementLaw(one: Parser, other: Parser, options: LawOptions = {}): void {
  checkLaw(
    "agreementLaw",
    [one, other],
    fc.property(inputs(options), (example) => {
      const isExtended = options.extensions !== undefined;
      const outcomes = [one, other].map((engine) => {
        const trace = traceOf(engine, example.options, piecesOf(example));
        const events = isExtended ? blurWrongPayload(trace.events) : trace.events;
        return outcomeOf({ ...trace, events });
      });
      const [first, second] = outcomes.map(showOutcome);
      if (first === second) return;
      // The oracle knows nothing of extensions, so that there it cannot say that both are right.
      const verdict = verdictOf(example.bytes, { role: example.options.role });
      if (!isExtended && outcomes.every((outcome) => judge(outcome, verdict) === null)) return;
      throw new LawBroken(
        `they make different things of the same bytes\n  ${one.name}: ${first}\n  ${other.name}: ${second}`,
      );
    }),
    options,
  );
}

/**
 * Two paths of one engine tell the same of the same bytes, to the name and the offset of a violation, and send the same
 * bytes. For a fast path beside a plain one. Throws with the smallest counterexample.
 */
export function sameTraceLaw(one: Parser, other: Parser, options: LawOptions = {}): void {
  const told = (events: readonly EngineEvent[]): string[] => {
    const joined = joinPieces(events);
    return show(options.extensions === undefined ? joined : blurWrongPayload(joined));
  };
  checkLaw(
    "sameTraceLaw",
    [one, other],
    fc.property(inputs(options), (example) => {
      const first = traceOf(one, example.options, piecesOf(example));
      const second = traceOf(other, example.options, piecesOf(example));
      const names = [one.name, other.name] as const;
      requireSame("they tell different stories", told(first.events), told(second.events), names);
      requireSame(
        "they send different bytes",
        [toHex(first.output)],
        [toHex(second.output)],
        names,
      );
    }),
    options,
  );
}
