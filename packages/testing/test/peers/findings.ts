/** Which rules of RFC 6455 a parser keeps otherwise than the oracle wants, one finding for each rule. */
import fc from "fast-check";
import {
  brokenConversations,
  type End,
  judge,
  outcomeOf,
  type Parser,
  type RuleName,
  traceOf,
  verdictOf,
  wirePrograms,
} from "../../src/index.ts";

/** What a parser does where a rule is broken, and where none is, in few words. */
export type Findings = Readonly<Partial<Record<RuleName | "no rule", string>>>;

/** Enough for each rule to be broken some fifty times. */
const SAMPLES = 1_000;

/**
 * Breaks each rule many times, and one at a time.
 * @returns the rules at which the parser ends otherwise than RFC 6455 wants, judged when the bytes are over.
 */
export function findingsOf(parser: Parser, role: "client" | "server", seed: number): Findings {
  const found: Partial<Record<RuleName | "no rule", string>> = {};
  const sampling = { numRuns: SAMPLES, seed };
  const broken = fc.sample(brokenConversations(role, {}), sampling);
  const lawful = fc.sample(wirePrograms(role), sampling);
  for (const { bytes } of [...broken, ...lawful]) {
    const verdict = verdictOf(bytes, { role });
    const trace = traceOf(parser, { from: "open", role, pieces: false }, [bytes]);
    // A parser may tell of pings and pongs as text, so only the messages and the end are compared.
    const outcome = { ...outcomeOf(trace), pings: null, pongs: null };
    if (judge(outcome, verdict) !== null) {
      found[verdict.fault?.rule ?? "no rule"] ??= describeEnd(outcome.end);
    }
  }
  return found;
}

function describeEnd(end: End): string {
  if (end.kind === "failure") return `fails with ${end.code}`;
  return end.kind === "close" ? "tells a Close" : "takes it";
}
