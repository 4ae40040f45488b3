/** What all laws share: how often they are tried, and what is told of an engine's behaviour. */
import fc from "fast-check";
import type { AgreedExtensions } from "../engine/agreed-extensions.ts";
import type { Engine, EngineEvent, EngineOptions, EngineUnderTest } from "../engine/engine.ts";
import { joinBytes, toHex } from "../wire/bytes.ts";

/** How a law is tried. */
export interface LawOptions {
  /** How many examples are tried. Default 1000. */
  readonly runs?: number;
  /** Replays a run; fast-check prints it on failure. Default: a fresh one. */
  readonly seed?: number;
  /**
   * What the engine's connections agreed on with their peer, for laws over connections that are open: the messages that the
   * engine is fed then pass through the peer's session. Default: no extension.
   */
  readonly extensions?: AgreedExtensions;
}

/** A law: throws, with the smallest example found and the seed that finds it again, when the engine breaks it. */
export type Law = (engine: Engine, options?: LawOptions) => void;

/** Checks a property with the options of a law. */
export function checkLaw<Ts>(property: fc.IProperty<Ts>, options: LawOptions): void {
  requireLawOptions(options);
  const { runs = 1000, seed } = options;
  fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

const LAW_OPTIONS: readonly string[] = ["runs", "seed", "extensions"];

/**
 * A misspelt option would pass for an absent one, and a law that is tried no times holds of every engine.
 * @throws RangeError
 */
function requireLawOptions(options: LawOptions): void {
  const unknown = Object.keys(options).find((name) => !LAW_OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`a law has no option ${unknown}; known are ${LAW_OPTIONS.join(", ")}`);
  }
  const { runs = 1, seed = 0 } = options;
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`runs is ${String(runs)}: give a whole number from 1 on`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`seed is ${String(seed)}: give a whole number`);
  }
}

/** Bytes as fast-check prints them in a counterexample. */
export function shownAsHex(arbitrary: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return arbitrary.map((bytes) =>
    Object.defineProperty(bytes.slice(), fc.toStringMethod, {
      value: () => `bytes ${toHex(bytes)}`,
    }),
  );
}

/** What an engine did with an input: everything that may be compared. */
export interface Trace {
  /** What was told, in order. */
  readonly events: EngineEvent[];
  /** What was sent. */
  readonly output: Uint8Array;
  /** What became of the transport, in order. */
  readonly ends: string[];
}

/** Feeds the pieces, a turn each, then the end of the stream, and lets time pass until nothing more happens. */
export function traceOf(
  engine: Engine,
  options: EngineOptions,
  pieces: readonly Uint8Array[],
): Trace {
  const one = engine.create(options);
  const trace: Trace = { events: [], output: new Uint8Array(0), ends: [] };
  const outputs: Uint8Array[] = [];
  turn(one, 0, trace, outputs);
  for (const piece of pieces) {
    const lent = piece.slice();
    one.receive(lent, 0);
    turn(one, 0, trace, outputs);
    // The chunk was borrowed for the turn: whoever kept it now reads nonsense.
    lent.fill(0xa5);
  }
  one.endOfStream(0);
  turn(one, 0, trace, outputs);
  return { ...trace, output: joinBytes(outputs) };
}

/** Pull, transmit, and again until there is nothing left to do. */
export function turn(
  engine: EngineUnderTest,
  now: number,
  trace: Pick<Trace, "events" | "ends">,
  outputs: Uint8Array[],
): void {
  for (;;) {
    trace.events.push(...engine.pull(now));
    const transmitted = engine.transmit(now);
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
 * The three ways in which a compressed message is wrong, all of which close with 1007. Which of them is found first, and how
 * much of the message was delivered before, depends on how the input was cut: native zlib throws away the output of a call
 * in which it finds a bad byte.
 */
const WRONG_PAYLOAD: readonly string[] = [
  "extension-data-corrupt",
  "text-not-utf8",
  "text-truncated",
];

/** For connections with an extension: of a wrong payload only the close code is left, and what came before its message. */
export function blurWrongPayload(events: readonly EngineEvent[]): EngineEvent[] {
  const isWrong = events.some(
    (event) => event.kind === "violation" && WRONG_PAYLOAD.includes(event.name),
  );
  if (!isWrong) return [...events];
  return events
    .filter((event) => !("final" in event) || event.final)
    .map((event) =>
      event.kind === "violation" ? { ...event, name: "close code 1007", offset: 0 } : event,
    );
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
        return `violation ${event.name} at ${event.offset}`;
      default:
        return event.kind;
    }
  });
}

/** @throws Error that shows both, when they differ. */
export function requireSame(what: string, one: readonly string[], other: readonly string[]): void {
  if (one.length === other.length && one.every((line, index) => line === other[index])) return;
  throw new Error(`${what}\n  one way:   ${one.join(" | ")}\n  the other: ${other.join(" | ")}`);
}

/** A connection of either role, open or opening. */
export function anyOptions(): fc.Arbitrary<EngineOptions> {
  return fc.record({
    from: fc.constant("open" as const),
    role: fc.constantFrom("client" as const, "server" as const),
    pieces: fc.boolean(),
  });
}
