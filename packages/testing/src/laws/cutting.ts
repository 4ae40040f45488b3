/**
 * Law 1. Any cutting of the input gives the same trace: the same events, pieces compared after joining, the same
 * violation at the same offset, the same bytes sent; and every byte before the first bad one is delivered.
 */
import fc from "fast-check";
import type { EngineEvent, EngineOptions, Parser } from "../engine/engine.ts";
import { cut } from "../generators/cuttings.ts";
import { handshakes } from "../generators/handshakes.ts";
import { streams } from "../generators/streams.ts";
import { toHex } from "../wire/bytes.ts";
import { anyOptions, type Example, examples, piecesOf } from "./example.ts";
import { checkLaw, type LawOptions } from "./law.ts";
import { blurWrongPayload, joinPieces, requireSame, show, traceOf } from "./trace.ts";

const NAMES = ["whole", "cut"] as const;

function limitedOptions(
  from: EngineOptions["from"],
  options: LawOptions,
): fc.Arbitrary<EngineOptions> {
  return anyOptions(options).map((some) => ({ ...some, from, messageLimit: 1000 }));
}

function requireSameTrace(engine: Parser, example: Example, isExtended = false): void {
  const told = (events: readonly EngineEvent[]): string[] => {
    const joined = joinPieces(events);
    return show(isExtended ? blurWrongPayload(joined) : joined);
  };
  const whole = traceOf(engine, example.options, cut(example.bytes, []));
  const pieces = traceOf(engine, example.options, piecesOf(example));
  requireSame("another cutting gives other events", told(whole.events), told(pieces.events), NAMES);
  requireSame(
    "another cutting sends other bytes",
    [toHex(whole.output)],
    [toHex(pieces.output)],
    NAMES,
  );
  requireSame("another cutting ends otherwise", whole.ends, pieces.ends, NAMES);
}

/**
 * Law 1, behind the opening handshake: any cutting of the input gives the same trace. Throws with the smallest
 * counterexample.
 */
export function cuttingLaw(parser: Parser, options: LawOptions = {}): void {
  checkLaw(
    "cuttingLaw",
    [parser],
    fc.property(
      examples(limitedOptions("open", options), ({ role }) => streams(role, options.extensions)),
      (example) => requireSameTrace(parser, example, options.extensions !== undefined),
    ),
    options,
  );
}

/** The same for the opening handshake, and for the frames behind it in the same packet. */
export function openingCuttingLaw(parser: Parser, options: LawOptions = {}): void {
  checkLaw(
    "openingCuttingLaw",
    [parser],
    fc.property(
      examples(limitedOptions("opening", options), ({ role }) => handshakes(role)),
      (example) => requireSameTrace(parser, example),
    ),
    options,
  );
}
