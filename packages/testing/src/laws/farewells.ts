/**
 * The events that may come towards the end of a connection, in any order: the peer leaves, the transport breaks, the application
 * decides late, or has had enough.
 */
import fc from "fast-check";
import type { EngineOptions, EngineUnderTest } from "../engine/engine.ts";
import { anyRole } from "./example.ts";
import { type LawOptions, requireLawOptions } from "./law.ts";

const ACTS = ["end of stream", "transport closed", "abort", "answer", "timeout"] as const;

export type FarewellAct = (typeof ACTS)[number];

/** None at all: the peer is silent. */
export function farewells(): fc.Arbitrary<FarewellAct[]> {
  return fc.array(fc.constantFrom(...ACTS), { maxLength: 3 });
}

/** Connections of either role, open or in their opening, whose requests are answered at once or not at all. */
export function anyBeginning(options: LawOptions): fc.Arbitrary<EngineOptions> {
  requireLawOptions("the law", options);
  return fc.record({
    role: anyRole(options.role),
    from: fc.constantFrom("opening" as const, "open" as const),
    answers: fc.constantFrom("at once" as const, "never" as const),
    pieces: fc.boolean(),
  });
}

/** @returns the time behind the act. */
export function perform(one: EngineUnderTest, act: FarewellAct, now: number): number {
  switch (act) {
    case "end of stream":
      one.endOfStream(now);
      return now;
    case "transport closed":
      one.transportClosed?.(now);
      return now;
    case "abort":
      one.abort?.(now);
      return now;
    case "answer":
      one.answer?.(now);
      return now;
    case "timeout": {
      const at = one.deadline === Number.POSITIVE_INFINITY ? now : Math.max(now, one.deadline);
      one.handleTimeout(at);
      return at;
    }
  }
}
