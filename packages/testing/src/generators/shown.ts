/** How values are shown in the reports of fast-check. */
import fc from "fast-check";
import { dumpFrames } from "../wire/hex-dump.ts";

/** `value`, which fast-check prints as `show` says. */
export function shownAs<T extends object>(value: T, show: (value: T) => string): T {
  return Object.defineProperty(value, fc.toStringMethod, { value: () => show(value) });
}

/** The same bytes, which fast-check prints as a hex dump of frames. */
export function shownAsFrames(arbitrary: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return arbitrary.map((bytes) => shownAs(bytes.slice(), () => dumpFrames(bytes)));
}
