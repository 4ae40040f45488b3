/**
 * Law 8. Work is linear: the octets that pass through the engine's loops are at most {@link WORK_PER_OCTET} per octet fed,
 * whole and one octet at a time. An engine that begins again with each chunk breaks it (CVE-2023-43669).
 */
import fc from "fast-check";
import { wirePrograms } from "../arbitraries/programs.ts";
import { nearPrograms } from "../arbitraries/streams.ts";
import { cut, everyOctet } from "../cuttings.ts";
import type { Engine, EngineEvent } from "../engine.ts";
import { anyOptions, checkLaw, type LawOptions, shownAsHex, traceOf } from "./law.ts";

/** Unmasked once, validated once; and what is answered is masked once. */
export const WORK_PER_OCTET = 3;

/**
 * Law 8: at most {@link WORK_PER_OCTET} bytes of work for each byte fed, whole and one byte at a time. Throws with the
 * smallest counterexample.
 */
export function linearWorkLaw(engine: Engine, options: LawOptions = {}): void {
  const { extensions } = options;
  const inputs = anyOptions().chain((engineOptions) => {
    const lawful = wirePrograms(engineOptions.role, extensions).map(({ octets }) => octets);
    return fc.record({
      engineOptions: fc.constant(engineOptions),
      // Of a compressed message that is never delivered nobody can tell how long it was.
      octets: shownAsHex(
        extensions === undefined ? fc.oneof(lawful, nearPrograms(engineOptions.role)) : lawful,
      ),
    });
  });
  checkLaw(
    fc.property(inputs, ({ engineOptions, octets }) => {
      for (const cutting of [[], everyOctet(octets.length)]) {
        let work = 0;
        const onWork = (count: number): void => {
          work += count;
        };
        const { events } = traceOf(engine, { ...engineOptions, onWork }, cut(octets, cutting));
        // What an extension has inflated is validated once.
        const inflated = extensions === undefined ? 0 : deliveredOctets(events);
        if (work > WORK_PER_OCTET * octets.length + inflated + 125) {
          throw new Error(`${octets.length} octets cost ${work} in ${cutting.length + 1} chunks`);
        }
      }
    }),
    options,
  );
}

function deliveredOctets(events: readonly EngineEvent[]): number {
  return events.reduce((sum, event) => sum + ("octets" in event ? event.octets.length : 0), 0);
}
