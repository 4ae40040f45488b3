/**
 * Laws 2 and 4. No string of bytes makes an input throw; and whatever happens, there is exactly one Ended, it comes last,
 * and nothing comes after it, whatever is still fed.
 */
import fc from "fast-check";
import { createChecked } from "../engine/binding.ts";
import type { Engine, Parser } from "../engine/engine.ts";
import { handshakes } from "../generators/handshakes.ts";
import { streams, wildStreams } from "../generators/streams.ts";
import { type Example, examples, piecesOf } from "./example.ts";
import { anyBeginning, farewells, perform } from "./farewells.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { traceOf, turn } from "./trace.ts";

function anyInput(options: LawOptions): fc.Arbitrary<Example> {
  return examples(anyBeginning(options), ({ from, role }) =>
    from === "open"
      ? fc.oneof(streams(role, options.extensions), wildStreams())
      : fc.oneof(handshakes(role), wildStreams()),
  );
}

/** No input throws. Throws with the smallest counterexample. */
export function totalityLaw(parser: Parser, options: LawOptions = {}): void {
  checkLaw(
    "totalityLaw",
    [parser],
    fc.property(anyInput(options), (example) => {
      traceOf(parser, example.options, piecesOf(example));
    }),
    options,
  );
}

/** Exactly one Ended, last. Throws with the smallest counterexample. */
export function oneEndLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    "oneEndLaw",
    [engine],
    fc.property(anyInput(options), farewells(), (example, acts) => {
      const one = createChecked(engine, example.options, [
        "endOfStream",
        "transmit",
        "handleTimeout",
        "deadline",
      ]);
      const trace = { events: [], ends: [] } as Parameters<typeof turn>[3];
      const outputs: Uint8Array[] = [];
      const doTurn = (now: number): void => turn(engine.name, one, now, trace, outputs);
      for (const piece of piecesOf(example)) {
        one.receive(piece, 0);
        doTurn(0);
      }
      doTurn(0);
      let now = 0;
      for (const act of acts) {
        now = perform(one, act, now);
        doTurn(now);
      }
      for (let step = 0; step < 100 && one.deadline !== Number.POSITIVE_INFINITY; step += 1) {
        now = Math.max(now, one.deadline);
        one.handleTimeout(now);
        doTurn(now);
      }
      const ends = trace.events.filter(({ kind }) => kind === "ended").length;
      if (ends !== 1) throw new LawBroken(`Ended was told ${ends} times`);
      if (trace.events.at(-1)?.kind !== "ended")
        throw new LawBroken("something was told behind Ended");
      // Input of any kind comes too late now.
      for (const piece of piecesOf(example)) one.receive(piece, now);
      one.endOfStream(now);
      one.handleTimeout(now + 1e9);
      const late = one.pull(now);
      if (late.length > 0) throw new LawBroken(`${late[0]!.kind} was told after Ended`);
      if (one.deadline !== Number.POSITIVE_INFINITY)
        throw new LawBroken("a timer runs after Ended");
    }),
    options,
  );
}
