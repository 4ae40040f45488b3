/** Two engines, or two paths of one, tell the same story of the same octets. */
import fc from "fast-check";
import { streams } from "../arbitraries/streams.ts";
import { cut, cuttings } from "../cuttings.ts";
import type { Engine, EngineEvent } from "../engine.ts";
import { toHex } from "../wire.ts";
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

/** Two engines, or two paths of one, tell the same story of the same bytes. Throws with the smallest counterexample. */
export function agreementLaw(one: Engine, other: Engine, options: LawOptions = {}): void {
  const inputs = anyOptions().chain((engineOptions) =>
    shownAsHex(streams(engineOptions.role, options.extensions)).chain((octets) =>
      cuttings(octets.length).map((cutting) => ({ engineOptions, octets, cutting })),
    ),
  );
  const told = (events: readonly EngineEvent[]): string[] => {
    const joined = joinPieces(events);
    return show(options.extensions === undefined ? joined : blurWrongPayload(joined));
  };
  checkLaw(
    fc.property(inputs, ({ engineOptions, octets, cutting }) => {
      const first = traceOf(one, engineOptions, cut(octets, cutting));
      const second = traceOf(other, engineOptions, cut(octets, cutting));
      requireSame(
        `${one.name} and ${other.name} tell different stories`,
        told(first.events),
        told(second.events),
      );
      requireSame(
        `${one.name} and ${other.name} send different octets`,
        [toHex(first.output)],
        [toHex(second.output)],
      );
    }),
    options,
  );
}
