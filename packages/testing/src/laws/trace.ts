/** The acts of an engine on an input, as a trace that can be compared and shown. */
import { checkedEvents, createChecked } from "../engine/binding.ts";
import type { EngineEvent, EngineOptions, Parser, ParserUnderTest } from "../engine/engine.ts";
import { joinBytes, toHex } from "../wire/bytes.ts";
import { LawBroken } from "./law.ts";

/** The acts of an engine on an input: everything that may be compared. */
export interface Trace {
  /** The events, in order. */
  readonly events: EngineEvent[];
  /** The bytes that were sent. */
  readonly output: Uint8Array;
  /** It has a `transmit`: what it does not send is left out on purpose. */
  readonly sends: boolean;
  /** The ends of the transport, in order. */
  readonly ends: string[];
}

/**
 * Feeds the pieces, a turn each, then the end of the stream, and lets time pass until nothing more happens.
 * @param overwrites each chunk is overwritten behind its turn. Default true, because a parser only borrows it.
 */
export function traceOf(
  engine: Parser,
  options: EngineOptions,
  pieces: readonly Uint8Array[],
  overwrites: boolean = true,
): Trace {
  const one = createChecked(engine, options);
  const trace: Trace = {
    events: [],
    output: new Uint8Array(0),
    sends: one.transmit !== undefined,
    ends: [],
  };
  const outputs: Uint8Array[] = [];
  turn(engine.name, one, 0, trace, outputs);
  for (const piece of pieces) {
    const lent = piece.slice();
    one.receive(lent, 0);
    turn(engine.name, one, 0, trace, outputs);
    // The chunk was borrowed for the turn: whoever kept it now reads nonsense.
    if (overwrites) lent.fill(0xa5);
  }
  one.endOfStream?.(0);
  turn(engine.name, one, 0, trace, outputs);
  return { ...trace, output: joinBytes(outputs) };
}

/** Pull, transmit, and again until there is nothing left to do. */
export function turn(
  name: string,
  one: ParserUnderTest,
  now: number,
  trace: Pick<Trace, "events" | "ends">,
  outputs: Uint8Array[],
): void {
  for (;;) {
    trace.events.push(...checkedEvents(name, one.pull(now)));
    const transmitted = one.transmit?.(now) ?? null;
    if (transmitted === null) return;
    outputs.push(transmitted.bytes);
    if (transmitted.ending !== "continue") trace.ends.push(transmitted.ending);
  }
}

/** The events with the pieces of a message joined; an unfinished message stays, with `final: false`. */
export function joinPieces(events: readonly EngineEvent[]): EngineEvent[] {
  const joined: EngineEvent[] = [];
  // A control frame between two pieces is told where it came: before the message that it interrupts is whole.
  let message: Extract<EngineEvent, { final: boolean }> | null = null;
  for (const event of events) {
    if (event.kind !== "text" && event.kind !== "binary") {
      if (event.kind === "violation" || event.kind === "ended") {
        if (message !== null) joined.push(message);
        message = null;
      }
      joined.push(event);
      continue;
    }
    const bytes: Uint8Array = joinBytes([
      ...(message === null ? [] : [message.bytes]),
      event.bytes,
    ]);
    message = { kind: event.kind, bytes, final: event.final };
    if (!event.final) continue;
    joined.push(message);
    message = null;
  }
  if (message !== null) joined.push(message);
  return joined;
}

/**
 * For connections with an extension. A compressed message can be wrong in several ways, and all of them close with 1007.
 * Which of them is found first, and how much of the message was delivered before, depends on how the input was cut: native
 * zlib throws away the output of a call in which it finds a bad byte. So only the close code is left, and what came before
 * the message.
 */
export function blurWrongPayload(events: readonly EngineEvent[]): EngineEvent[] {
  if (!events.some((event) => event.kind === "violation" && event.code === 1007))
    return [...events];
  return events
    .filter((event) => !("final" in event) || event.final)
    .map((event) => (event.kind === "violation" ? { kind: "violation", code: event.code } : event));
}

/** Events as text, for comparison and for people. */
export function show(events: readonly EngineEvent[]): string[] {
  return events.map((event) => {
    switch (event.kind) {
      case "text":
      case "binary":
        return `${event.kind} ${toHex(event.bytes)}${event.final ? "" : " ..."}`;
      case "ping":
      case "pong":
        return `${event.kind} ${toHex(event.bytes)}`;
      case "closing":
        return `closing ${event.code} ${JSON.stringify(event.reason)}`;
      case "violation":
        return [
          `violation ${event.code}`,
          ...(event.name === undefined ? [] : [event.name]),
          ...(event.offset === undefined ? [] : [`at ${event.offset}`]),
        ].join(" ");
      default:
        return event.kind;
    }
  });
}

/** @throws LawBroken that shows both, when they differ. */
export function requireSame(
  what: string,
  one: readonly string[],
  other: readonly string[],
  names: readonly [string, string] = ["one way", "the other"],
): void {
  if (one.length === other.length && one.every((line, index) => line === other[index])) return;
  const list = (lines: readonly string[]): string => lines.join(", then ") || "nothing";
  throw new LawBroken(`${what}\n  ${names[0]}: ${list(one)}\n  ${names[1]}: ${list(other)}`);
}
