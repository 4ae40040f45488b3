/** The inputs of laws: which endpoint, which bytes, cut where; shown as a commented hex dump. */
import fc from "fast-check";
import type { EngineOptions } from "../engine/engine.ts";
import { type Cutting, cut, cuttingPlans } from "../generators/cuttings.ts";
import { shownAs } from "../generators/shown.ts";
import { dumpHead } from "../wire/head-dump.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { type LawOptions, requireLawOptions } from "./law.ts";

/** One input of a law. */
export interface Example {
  readonly options: EngineOptions;
  readonly bytes: Uint8Array;
  readonly cutting: Cutting;
}

/** Which endpoint, in words. */
export function describeOptions({ from, role, pieces, messageLimit }: EngineOptions): string {
  return [
    `a ${role}, ${from === "open" ? "behind the opening handshake" : "before the opening handshake"}`,
    ...(pieces ? ["which delivers pieces"] : []),
    ...(messageLimit === undefined ? [] : [`with a message limit of ${messageLimit} bytes`]),
  ].join(", ");
}

/** The endpoint, and what it receives. */
export function describeExample({ options, bytes, cutting }: Example): string {
  const dump =
    options.from === "open" ? dumpFrames(bytes, { cutting }) : dumpOpening(bytes, cutting);
  return `${describeOptions(options)}, receives\n${dump}`;
}

/** An opening handshake is lines of text, and what stands behind its empty line is frames. */
function dumpOpening(bytes: Uint8Array, cutting: Cutting): string {
  const end = headLength(bytes);
  const lines = [dumpHead(bytes.subarray(0, end))];
  if (end < bytes.length) lines.push("  and behind the head", dumpFrames(bytes.subarray(end)));
  const cuts = cutting.filter((at) => at > 0 && at < bytes.length);
  const named = cuts.length > 12 ? `${cuts.length} places` : cuts.join(", ");
  if (cuts.length > 0) lines.push(`  cut at ${named}`);
  return lines.join("\n");
}

function headLength(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length - 3; at += 1) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) {
      return at + 4;
    }
  }
  return bytes.length;
}

/** A connection of either role, or of the one that the options name, open. */
export function anyOptions(options: LawOptions): fc.Arbitrary<EngineOptions> {
  requireLawOptions("the law", options);
  return fc.record({
    from: fc.constant("open" as const),
    role: anyRole(options.role),
    pieces: fc.boolean(),
  });
}

/** Both roles, or the one. */
export function anyRole(role: LawOptions["role"]): fc.Arbitrary<"client" | "server"> {
  return role === undefined ? fc.constantFrom("server", "client") : fc.constant(role);
}

/** Inputs of such endpoints, cut anyhow. */
export function examples(
  options: fc.Arbitrary<EngineOptions>,
  make: (options: EngineOptions) => fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Example> {
  return options.chain((some) =>
    fc
      .tuple(make(some), cuttingPlans())
      .map(([bytes, plan]) =>
        shownAs({ options: some, bytes, cutting: plan(bytes.length) }, describeExample),
      ),
  );
}

/** The chunks of an input. */
export function piecesOf({ bytes, cutting }: Example): Uint8Array[] {
  return cut(bytes, cutting);
}
