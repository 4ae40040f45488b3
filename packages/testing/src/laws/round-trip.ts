/**
 * Law 3. Two engines bring each other any program of messages, fragments and pings unharmed, through any cutting, with
 * extensions if the engine has been given some; the closing handshake ends both cleanly.
 */
import fc from "fast-check";
import { createChecked } from "../engine/binding.ts";
import type { Engine, EngineEvent, EngineUnderTest } from "../engine/engine.ts";
import { cut } from "../generators/cuttings.ts";
import { binaryPayloads, controlPayloads, texts } from "../generators/payloads.ts";
import { partings } from "../generators/programs.ts";
import { encodeText } from "../wire/text.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { joinPieces, requireSame, show } from "./trace.ts";

type Act =
  | { readonly act: "text"; readonly text: string }
  | { readonly act: "binary"; readonly bytes: Uint8Array }
  | {
      readonly act: "fragments";
      readonly type: "text" | "binary";
      readonly fragments: readonly Uint8Array[];
    }
  | { readonly act: "ping"; readonly bytes: Uint8Array };

function fragmentActs(): fc.Arbitrary<Act> {
  const content = fc.oneof(
    texts().map((text) => ({ type: "text" as const, bytes: encodeText(text) })),
    binaryPayloads().map((bytes) => ({ type: "binary" as const, bytes })),
  );
  return content.chain(({ type, bytes }) =>
    partings(fc.nat({ max: bytes.length })).map((points) => {
      const parts = [0, ...[...points].sort((a, b) => a - b), bytes.length];
      const fragments = parts.slice(1).map((to, index) => bytes.slice(parts[index], to));
      return { act: "fragments" as const, type, fragments };
    }),
  );
}

function acts(): fc.Arbitrary<readonly Act[]> {
  return fc.array(
    fc.oneof(
      texts().map((text): Act => ({ act: "text", text })),
      binaryPayloads({ isLarge: true }).map((bytes): Act => ({ act: "binary", bytes })),
      fragmentActs(),
      controlPayloads().map((bytes): Act => ({ act: "ping", bytes })),
    ),
    { maxLength: 6 },
  );
}

const NEEDED = [
  "transmit",
  "endOfStream",
  "sendText",
  "sendBinary",
  "sendFragments",
  "ping",
  "close",
] as const;

const MOST_PIECES = 2000;

/** The two ends, and what each was told. */
interface Pair {
  readonly ends: readonly [EngineUnderTest, EngineUnderTest];
  readonly told: readonly [EngineEvent[], EngineEvent[]];
}

/** Turns until nothing moves; what one sends the other receives in pieces of `size`. */
function settle({ ends, told }: Pair, size: number): void {
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    ends.forEach((end, index) => {
      const peer = ends[1 - index]!;
      told[index]!.push(...end.pull(0));
      for (let sent = end.transmit(0); sent !== null; sent = end.transmit(0)) {
        isMoving = true;
        const { bytes, ending } = sent;
        // A large payload byte by byte would take seconds, and law 1 has that.
        const step = Math.max(size, Math.ceil(bytes.length / MOST_PIECES));
        const points = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => at * step);
        for (const piece of cut(bytes, points)) {
          peer.receive(piece, 0);
          told[1 - index]!.push(...peer.pull(0));
        }
        if (ending !== "continue") peer.endOfStream(0);
        told[index]!.push(...end.pull(0));
      }
    });
  }
}

function perform(end: EngineUnderTest, act: Act): void {
  const isDone =
    act.act === "text"
      ? end.sendText(act.text)
      : act.act === "binary"
        ? end.sendBinary(act.bytes)
        : act.act === "fragments"
          ? end.sendFragments(act.type, act.fragments)
          : end.ping(act.bytes, 0);
  if (!isDone) throw new LawBroken(`${act.act} was refused on an open connection`);
}

function expected(some: readonly Act[]): EngineEvent[] {
  return some.map((act): EngineEvent => {
    if (act.act === "ping") return { kind: "ping", bytes: act.bytes };
    if (act.act === "text") return { kind: "text", bytes: encodeText(act.text), final: true };
    if (act.act === "binary") return { kind: "binary", bytes: act.bytes, final: true };
    const bytes = Uint8Array.from(act.fragments.flatMap((fragment) => [...fragment]));
    return { kind: act.type, bytes, final: true };
  });
}

/** Law 3: two engines bring each other any program unharmed, and end cleanly. Throws with the smallest counterexample. */
export function roundTripLaw(engine: Engine, options: LawOptions = {}): void {
  const sizes = fc.constantFrom(1, 2, 7, 100, 1000, 70_000);
  checkLaw(
    "roundTripLaw",
    [engine],
    fc.property(
      acts(),
      acts(),
      sizes,
      fc.boolean(),
      fc.boolean(),
      (ours, theirs, size, pieces, isClientFirst) => {
        const client = createChecked(engine, { from: "opening", role: "client", pieces }, NEEDED);
        const server = createChecked(engine, { from: "opening", role: "server", pieces }, NEEDED);
        const pair: Pair = { ends: [client, server], told: [[], []] };
        settle(pair, size);
        for (const told of pair.told) {
          if (told.at(-1)?.kind !== "open") throw new LawBroken("the opening handshake failed");
          told.length = 0;
        }
        for (const act of ours) perform(client, act);
        for (const act of theirs) perform(server, act);
        settle(pair, size);
        const said = [theirs, ours];
        pair.told.forEach((told, index) => {
          const arrived = joinPieces(told.filter(({ kind }) => kind !== "pong"));
          requireSame(
            "what arrived is not what was sent",
            show(expected(said[index]!)),
            show(arrived),
            ["sent", "arrived"],
          );
          told.length = 0;
        });
        (isClientFirst ? client : server).close(4000, "done", 0);
        settle(pair, size);
        for (const told of pair.told) {
          requireSame(
            "the closing handshake went wrong",
            ["closing 4000", "ended"],
            show(told).map((line) => line.split(" ", 2).join(" ")),
            ["wanted", "told"],
          );
        }
      },
    ),
    options,
  );
}
