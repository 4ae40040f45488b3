/**
 * Law 1. Any cutting of the input gives the same trace: the same events, pieces compared after joining, the same
 * violation at the same offset, the same bytes sent; and every byte before the first bad one is delivered.
 */
import fc from "fast-check";
import type { Engine, EngineEvent, EngineOptions } from "../engine/engine.ts";
import { type Cutting, cut, cuttings } from "../generators/cuttings.ts";
import { handshakes } from "../generators/handshakes.ts";
import { streams } from "../generators/streams.ts";
import { toHex } from "../wire/bytes.ts";
import {
  anyOptions,
  blurWrongPayload,
  checkLaw,
  joinPieces,
  type LawOptions,
  requireSame,
  show,
  shownAsHex,
  traceOf,
} from "./law.ts";

interface Example {
  readonly options: EngineOptions;
  readonly bytes: Uint8Array;
  readonly cutting: Cutting;
}

function examples(
  make: (options: EngineOptions) => fc.Arbitrary<Uint8Array>,
  from: EngineOptions["from"],
): fc.Arbitrary<Example> {
  return anyOptions().chain((options) =>
    shownAsHex(make(options)).chain((bytes) =>
      fc.record({
        options: fc.constant({ ...options, from, messageLimit: 1000 }),
        bytes: fc.constant(bytes),
        cutting: cuttings(bytes.length),
      }),
    ),
  );
}

function requireSameTrace(
  engine: Engine,
  { options, bytes, cutting }: Example,
  isExtended = false,
): void {
  const told = (events: readonly EngineEvent[]): string[] => {
    const joined = joinPieces(events);
    return show(isExtended ? blurWrongPayload(joined) : joined);
  };
  const whole = traceOf(engine, options, cut(bytes, []));
  const pieces = traceOf(engine, options, cut(bytes, cutting));
  requireSame("another cutting gives other events", told(whole.events), told(pieces.events));
  requireSame("another cutting sends other bytes", [toHex(whole.output)], [toHex(pieces.output)]);
  requireSame("another cutting ends otherwise", whole.ends, pieces.ends);
}

/**
 * Law 1, behind the opening handshake: any cutting of the input gives the same trace. Throws with the smallest
 * counterexample.
 */
export function cuttingLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    fc.property(
      examples(({ role }) => streams(role, options.extensions), "open"),
      (example) => requireSameTrace(engine, example, options.extensions !== undefined),
    ),
    options,
  );
}

/** The same for the opening handshake, and for the frames behind it in the same packet. */
export function openingCuttingLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    fc.property(
      examples(({ role }) => handshakes(role), "opening"),
      (example) => requireSameTrace(engine, example),
    ),
    options,
  );
}
