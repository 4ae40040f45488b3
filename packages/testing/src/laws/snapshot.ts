/**
 * The law of snapshots: a connection that moves behaves like one that stays. For any input, any cutting, any commands and
 * any places to move at, also to a later clock, the events, the bytes sent, the ends and the deadlines are those of the
 * endpoint that was never moved.
 */
import fc from "fast-check";
import type { Engine, EngineOptions, EngineUnderTest } from "../engine/engine.ts";
import { streams } from "../generators/streams.ts";
import { requireOneOf } from "../given.ts";
import { joinBytes, toHex } from "../wire/bytes.ts";
import { anyOptions, examples } from "./example.ts";
import { checkLaw, type LawOptions } from "./law.ts";
import { joinPieces, requireSame, show, type Trace, turn } from "./trace.ts";

/** How the law of snapshots is tried. */
export interface SnapshotLawOptions extends LawOptions {
  /**
   * "same messages": a compressor may choose other bytes for the same message after a move. A message has many right DEFLATE
   * streams (RFC 7692 §7.2.1), and zlib does not promise the same one twice: its search for matches reads what an earlier
   * stream left in its window. Default: "same bytes".
   */
  readonly output?: "same bytes" | "same messages";
}

/** One thing that happens to the endpoint. Bytes of the peer come in order; `length` says how many come now. */
type Act =
  | { readonly kind: "receive"; readonly length: number }
  | { readonly kind: "turn" }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly length: number }
  | { readonly kind: "part"; readonly length: number; readonly isFinal: boolean }
  | { readonly kind: "ping" | "pause" | "resume" | "end of stream" }
  | { readonly kind: "close"; readonly code: number }
  /** The clock of the new process is so many ms ahead. */
  | { readonly kind: "move"; readonly ahead: number };

function acts(): fc.Arbitrary<Act[]> {
  const act = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("receive" as const),
        length: fc.integer({ min: 1, max: 20 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("receive" as const),
        length: fc.integer({ min: 1, max: 2_000 }),
      }),
    },
    { weight: 5, arbitrary: fc.constant({ kind: "turn" as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("time" as const),
        ms: fc.oneof(fc.nat(2_000), fc.nat(60_000)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("text" as const),
        text: fc.string({ unit: "grapheme" }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("binary" as const), length: fc.nat(300) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("part" as const),
        length: fc.nat(40),
        isFinal: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("ping" as const, "pause" as const, "resume" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("end of stream" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("close" as const),
        code: fc.constantFrom(1000, 4000),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant("move" as const),
        ahead: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
      }),
    },
  );
  return fc.array(act, { maxLength: 60 });
}

/** One life of an endpoint: the same acts, with the moves or without. */
interface Life {
  readonly trace: Trace;
  readonly deadlines: number[];
  /** How often the engine let itself be moved. */
  readonly moves: number;
}

function live(
  engine: Engine,
  options: EngineOptions,
  bytes: Uint8Array,
  plan: readonly Act[],
  isMoving: boolean,
): Life {
  let one: EngineUnderTest = engine.create(options);
  // Where the clock of the endpoint stands, and how far it is ahead of the clock of the law.
  let time = 0;
  let ahead = 0;
  let at = 0;
  let moves = 0;
  let isPartSent = false;
  const lent: Uint8Array[] = [];
  const outputs: Uint8Array[] = [];
  const deadlines: number[] = [];
  const trace: Trace = { events: [], output: new Uint8Array(0), sends: true, ends: [] };
  const wholeTurn = (): void => {
    turn(engine.name, one, time + ahead, trace, outputs);
    for (const chunk of lent.splice(0)) chunk.fill(0xa5);
  };
  wholeTurn();
  for (const act of plan) {
    const now = time + ahead;
    switch (act.kind) {
      case "receive": {
        const chunk = bytes.slice(at, at + act.length);
        at += chunk.length;
        lent.push(chunk);
        one.receive(chunk, now);
        break;
      }
      case "turn":
        wholeTurn();
        break;
      case "time":
        time += act.ms;
        if (one.deadline <= time + ahead) one.handleTimeout(time + ahead);
        break;
      case "text":
        if (!isPartSent) one.sendText(act.text);
        break;
      case "binary":
        if (!isPartSent) one.sendBinary(new Uint8Array(act.length).fill(act.length));
        break;
      case "part":
        one.sendPart?.(new Uint8Array(act.length).fill(act.length), act.isFinal);
        isPartSent = !act.isFinal;
        break;
      case "ping":
        one.ping(Uint8Array.of(7, 7, 7), now);
        break;
      case "pause":
        one.pauseReading?.(now);
        break;
      case "resume":
        one.resumeReading?.(now);
        break;
      case "end of stream":
        wholeTurn();
        one.endOfStream(now);
        break;
      case "close":
        one.close(act.code, "bye", now);
        break;
      case "move": {
        if (!isMoving) break;
        const moved = one.move?.(now, now + act.ahead) ?? null;
        if (moved === null) break;
        one = moved;
        ahead += act.ahead;
        moves += 1;
        // The chunks belong to the caller again: the snapshot has copied what was unread.
        for (const chunk of lent.splice(0)) chunk.fill(0xa5);
        break;
      }
    }
    deadlines.push(one.deadline - ahead);
  }
  wholeTurn();
  return { trace: { ...trace, output: joinBytes(outputs) }, deadlines, moves };
}

/** The messages, pings, pongs and the Close in the output of an endpoint, as its peer reads them. */
function asPeerReads(engine: Engine, options: EngineOptions, output: Uint8Array): string[] {
  const role = options.role === "client" ? "server" : "client";
  const peer = engine.create({ from: "open", role, pieces: true });
  const trace: Pick<Trace, "events" | "ends"> = { events: [], ends: [] };
  peer.receive(output, 0);
  turn(engine.name, peer, 0, trace, []);
  return show(joinPieces(trace.events));
}

/**
 * The law of snapshots: an endpoint that moves tells, sends and waits as one that stays. An engine without
 * `EngineUnderTest.move` has nothing to prove. Throws with the smallest counterexample.
 */
export function snapshotLaw(engine: Engine, options: SnapshotLawOptions = {}): void {
  const { output = "same bytes", ...rest } = options;
  requireOneOf("output", output, ["same bytes", "same messages"]);
  const inputs = examples(anyOptions(rest), ({ role }) => streams(role, rest.extensions));
  checkLaw(
    "snapshotLaw",
    [engine],
    fc.property(inputs, acts(), ({ options: engineOptions, bytes }, plan) => {
      const stays = live(engine, engineOptions, bytes, plan, false);
      const moves = live(engine, engineOptions, bytes, plan, true);
      const names = ["without a move", "with moves"] as const;
      requireSame(
        "after a move other events come",
        show(stays.trace.events),
        show(moves.trace.events),
        names,
      );
      if (output === "same bytes") {
        requireSame(
          "after a move other bytes are sent",
          [toHex(stays.trace.output)],
          [toHex(moves.trace.output)],
          names,
        );
      } else {
        requireSame(
          "after a move other messages are sent",
          asPeerReads(engine, engineOptions, stays.trace.output),
          asPeerReads(engine, engineOptions, moves.trace.output),
          names,
        );
      }
      requireSame(
        "after a move the transport ends otherwise",
        stays.trace.ends,
        moves.trace.ends,
        names,
      );
      requireSame(
        "after a move other deadlines hold",
        stays.deadlines.map(String),
        moves.deadlines.map(String),
        names,
      );
    }),
    rest,
  );
}
