/** The outcome of an engine, read from what it told and from what it sent. */
import type { EngineEvent } from "../engine/engine.ts";
import type { Outcome } from "../oracle/outcome.ts";
import type { End } from "../oracle/verdict.ts";
import { readFrames } from "../wire/frame-reader.ts";
import { LawBroken } from "./law.ts";
import { joinPieces, show, type Trace } from "./trace.ts";

/** @throws LawBroken if the engine told two ends. */
export function outcomeOf({ events, output, sends }: Trace): Outcome {
  const all = joinPieces(events);
  const payloadsOf = (kind: "ping" | "pong"): Uint8Array[] =>
    all.flatMap((event) => (event.kind === kind ? [event.bytes] : []));
  const tells = all.some(({ kind }) => kind === "ping" || kind === "pong");
  // An engine that answers pings by itself need not tell of them; one that sends nothing must.
  const isSilent = !tells && sends;
  return {
    messages: all.flatMap((event) =>
      "final" in event && event.final ? [{ type: event.kind, bytes: event.bytes }] : [],
    ),
    pings: isSilent ? null : payloadsOf("ping"),
    pongs: isSilent ? null : payloadsOf("pong"),
    end: endOf(all, output),
  };
}

function endOf(events: readonly EngineEvent[], output: Uint8Array): End {
  const ends = events.filter(({ kind }) => kind === "closing" || kind === "violation");
  if (ends.length > 1) {
    throw new LawBroken(`it told more than one end: ${show(ends).join(", then ")}`);
  }
  const [end] = ends;
  if (end?.kind === "violation") return { kind: "failure", code: end.code };
  if (end?.kind === "closing") {
    return { kind: "close", code: end.code === 1005 ? null : end.code, reason: end.reason };
  }
  // An engine that tells of no violation can still show it: it sends a Close although it received none.
  const close = readFrames(output).find(({ opcode }) => opcode === 8);
  if (close === undefined || close.payload.length < 2) return { kind: "open" };
  return { kind: "failure", code: close.payload[0]! * 256 + close.payload[1]! };
}
