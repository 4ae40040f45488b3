/**
 * Law 8. Work is linear: the bytes that pass through the engine's loops are at most {@link WORK_PER_BYTE} per byte fed,
 * whole and one byte at a time. An engine that begins again with each chunk breaks it (CVE-2023-43669).
 */
import fc from "fast-check";
import type { EngineEvent, Parser } from "../engine/engine.ts";
import { cut, everyByte } from "../generators/cuttings.ts";
import { wirePrograms } from "../generators/programs.ts";
import { nearPrograms } from "../generators/streams.ts";
import { anyOptions, examples } from "./example.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { traceOf } from "./trace.ts";

/** Unmasked once, validated once; and what is answered is masked once. */
export const WORK_PER_BYTE = 3;

/**
 * Law 8: at most {@link WORK_PER_BYTE} bytes of work for each byte fed, whole and one byte at a time. A parser that never
 * calls `onWork` is not measured. Throws with the smallest counterexample.
 */
export function linearWorkLaw(parser: Parser, options: LawOptions = {}): void {
  const some = anyOptions(options);
  const { extensions } = options;
  const inputs = examples(some, ({ role }) => {
    const lawful = wirePrograms(role, extensions).map(({ bytes }) => bytes);
    // Of a compressed message that is never delivered nobody can tell how long it was.
    return extensions === undefined ? fc.oneof(lawful, nearPrograms(role)) : lawful;
  });
  checkLaw(
    "linearWorkLaw",
    [parser],
    fc.property(inputs, ({ options: engineOptions, bytes }) => {
      for (const cutting of [[], everyByte(bytes.length)]) {
        let work = 0;
        const onWork = (count: number): void => {
          work += count;
        };
        const { events } = traceOf(parser, { ...engineOptions, onWork }, cut(bytes, cutting));
        // The bytes that an extension has inflated are validated once.
        const inflated = extensions === undefined ? 0 : deliveredBytes(events);
        const most = WORK_PER_BYTE * bytes.length + inflated + 125;
        if (work > most) {
          const chunks = cutting.length === 0 ? "in one chunk" : "one byte at a time";
          throw new LawBroken(
            `${bytes.length} bytes cost ${work} bytes of work ${chunks}, and ${most} are the most`,
          );
        }
      }
    }),
    options,
  );
}

function deliveredBytes(events: readonly EngineEvent[]): number {
  return events.reduce((sum, event) => sum + ("bytes" in event ? event.bytes.length : 0), 0);
}
