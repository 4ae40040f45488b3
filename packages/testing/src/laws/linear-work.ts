/**
 * Law 8. Work is linear: the bytes that pass through the engine's loops are at most {@link WORK_PER_BYTE} per byte fed,
 * whole and one byte at a time. An engine that begins again with each chunk breaks it (CVE-2023-43669).
 */
import fc from "fast-check";
import type { Engine, EngineEvent } from "../engine/engine.ts";
import { cut, everyByte } from "../generators/cuttings.ts";
import { wirePrograms } from "../generators/programs.ts";
import { nearPrograms } from "../generators/streams.ts";
import { anyOptions, checkLaw, type LawOptions, shownAsHex, traceOf } from "./law.ts";

/** Unmasked once, validated once; and what is answered is masked once. */
export const WORK_PER_BYTE = 3;

/**
 * Law 8: at most {@link WORK_PER_BYTE} bytes of work for each byte fed, whole and one byte at a time. Throws with the
 * smallest counterexample.
 */
export function linearWorkLaw(engine: Engine, options: LawOptions = {}): void {
  const { extensions } = options;
  const inputs = anyOptions().chain((engineOptions) => {
    const lawful = wirePrograms(engineOptions.role, extensions).map(({ bytes }) => bytes);
    return fc.record({
      engineOptions: fc.constant(engineOptions),
      // Of a compressed message that is never delivered nobody can tell how long it was.
      bytes: shownAsHex(
        extensions === undefined ? fc.oneof(lawful, nearPrograms(engineOptions.role)) : lawful,
      ),
    });
  });
  checkLaw(
    fc.property(inputs, ({ engineOptions, bytes }) => {
      for (const cutting of [[], everyByte(bytes.length)]) {
        let work = 0;
        const onWork = (count: number): void => {
          work += count;
        };
        const { events } = traceOf(engine, { ...engineOptions, onWork }, cut(bytes, cutting));
        // What an extension has inflated is validated once.
        const inflated = extensions === undefined ? 0 : deliveredBytes(events);
        if (work > WORK_PER_BYTE * bytes.length + inflated + 125) {
          throw new Error(`${bytes.length} bytes cost ${work} in ${cutting.length + 1} chunks`);
        }
      }
    }),
    options,
  );
}

function deliveredBytes(events: readonly EngineEvent[]): number {
  return events.reduce((sum, event) => sum + ("bytes" in event ? event.bytes.length : 0), 0);
}
