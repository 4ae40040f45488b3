/** Two engines, or two paths of one, tell the same story of the same bytes. */
import fc from "fast-check";
import type { Engine, EngineEvent } from "../engine/engine.ts";
import { cut, cuttings } from "../generators/cuttings.ts";
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

/** Two engines, or two paths of one, tell the same story of the same bytes. Throws with the smallest counterexample. */
export function agreementLaw(one: Engine, other: Engine, options: LawOptions = {}): void {
  const inputs = anyOptions().chain((engineOptions) =>
    shownAsHex(streams(engineOptions.role, options.extensions)).chain((bytes) =>
      cuttings(bytes.length).map((cutting) => ({ engineOptions, bytes, cutting })),
    ),
  );
  const told = (events: readonly EngineEvent[]): string[] => {
    const joined = joinPieces(events);
    return show(options.extensions === undefined ? joined : blurWrongPayload(joined));
  };
  checkLaw(
    fc.property(inputs, ({ engineOptions, bytes, cutting }) => {
      const first = traceOf(one, engineOptions, cut(bytes, cutting));
      const second = traceOf(other, engineOptions, cut(bytes, cutting));
      requireSame(
        `${one.name} and ${other.name} tell different stories`,
        told(first.events),
        told(second.events),
      );
      requireSame(
        `${one.name} and ${other.name} send different bytes`,
        [toHex(first.output)],
        [toHex(second.output)],
      );
    }),
    options,
  );
}
