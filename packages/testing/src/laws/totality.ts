/**
 * Laws 2 and 4. No string of bytes makes an input throw; and whatever happens, there is exactly one Ended, it comes last,
 * and nothing comes after it, whatever is still fed.
 */
import fc from "fast-check";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import { cut, cuttings } from "../generators/cuttings.ts";
import { handshakes } from "../generators/handshakes.ts";
import { streams, wildStreams } from "../generators/streams.ts";
import { anyBeginning, farewells, perform } from "./farewells.ts";
import { checkLaw, type LawOptions, shownAsHex, traceOf, turn } from "./law.ts";

function anyInput({ extensions }: LawOptions): fc.Arbitrary<{
  readonly options: EngineOptions;
  readonly pieces: readonly Uint8Array[];
}> {
  return anyBeginning().chain((options) =>
    shownAsHex(
      options.from === "open"
        ? fc.oneof(streams(options.role, extensions), wildStreams())
        : fc.oneof(handshakes(options.role), wildStreams()),
    ).chain((bytes) =>
      cuttings(bytes.length).map((cutting) => ({ options, pieces: cut(bytes, cutting) })),
    ),
  );
}

/** No input throws. */
export function totalityLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    fc.property(anyInput(options), (input) => {
      traceOf(engine, input.options, input.pieces);
    }),
    options,
  );
}

/** Exactly one Ended, last. */
export function oneEndLaw(engine: Engine, options: LawOptions = {}): void {
  checkLaw(
    fc.property(anyInput(options), farewells(), (input, acts) => {
      const one = engine.create(input.options);
      const trace = { events: [], ends: [] } as Parameters<typeof turn>[2];
      const outputs: Uint8Array[] = [];
      for (const piece of input.pieces) {
        one.receive(piece, 0);
        turn(one, 0, trace, outputs);
      }
      turn(one, 0, trace, outputs);
      let now = 0;
      for (const act of acts) {
        now = perform(one, act, now);
        turn(one, now, trace, outputs);
      }
      for (let step = 0; step < 100 && one.deadline !== Number.POSITIVE_INFINITY; step += 1) {
        now = Math.max(now, one.deadline);
        one.handleTimeout(now);
        turn(one, now, trace, outputs);
      }
      const ends = trace.events.filter(({ kind }) => kind === "ended").length;
      if (ends !== 1) throw new Error(`Ended was told ${ends} times`);
      if (trace.events.at(-1)?.kind !== "ended") throw new Error("something was told behind Ended");
      // Whatever comes now comes too late.
      for (const piece of input.pieces) one.receive(piece, now);
      one.endOfStream(now);
      one.handleTimeout(now + 1e9);
      const late = one.pull(now);
      if (late.length > 0) throw new Error(`${late[0]!.kind} was told after Ended`);
      if (one.deadline !== Number.POSITIVE_INFINITY) throw new Error("a timer runs after Ended");
    }),
    options,
  );
}
