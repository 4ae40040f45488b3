/**
 * Histories of an application that misbehaves in every way, over a server and a client of the driver: plain data, so that a
 * history fits on one line, and the line plays it again.
 */
import fc from "fast-check";
import { networks } from "../generators/networks.ts";
import {
  type LineConditions,
  type NetworkConditions,
  PERFECT_LINE,
} from "../simulation/conditions.ts";
import { ODD_VALUES, WAYS_TO_FAIL } from "./odd-values.ts";

/** The sides of the connection that is put to the test. */
export type Side = "client" | "server";

/** The calls of an application. "loop" is the body of its loop, for every message. */
export const CALLED = [
  "upgrade",
  "open",
  "adopted",
  "message",
  "drain",
  "ping",
  "pong",
  "close",
  "error",
  "trace",
  "loop",
] as const;
/** One of them. */
export type Called = (typeof CALLED)[number];

/** The commands to a socket, from outside or in a hook. */
export const COMMANDS = [
  "write",
  "send",
  "much",
  "stream",
  "stream that throws",
  "stream that never goes on",
  "ping",
  "ready",
  "pause",
  "resume",
  "close",
  "abort",
  "leave the loop",
  "shutdown",
  "hand off",
] as const;
/** One of them. */
export type Command = (typeof COMMANDS)[number];

/** How one call of a hook goes. Every other call does as it should. */
export type Misdeed = {
  /** The side whose application it is. */
  readonly side: Side;
  /** The hook. */
  readonly hook: Called;
  /** Which call of the hook, from 0 on. */
  readonly call: number;
} & (
  | { readonly does: "never settle" }
  | { readonly does: "settle later"; readonly ms: number }
  | { readonly does: "fail"; readonly way: string; readonly value: string }
  /** "await": the hook returns the promise of the command, where the command has one. */
  | { readonly does: "command" | "await"; readonly command: Command }
);

/** An act of an application by itself. */
export interface ApplicationAct {
  /** ms since the act before it. null: in the same turn, before any promise can go on. */
  readonly wait: number | null;
  /** The side whose socket it is. */
  readonly side: Side;
  /** The command to the socket. */
  readonly command: Command;
}

/** Everything that decides what happens. */
export interface ApplicationHistory {
  /** The network of the connection that is put to the test. Other connections have a perfect one. */
  readonly network: NetworkConditions;
  /** The sides that take their messages in a loop; hooks take the messages of the others. */
  readonly loops: readonly Side[];
  /** The server's hook gets bytes as a view that is valid until the hook returns (`lend: true`). */
  readonly isLent: boolean;
  /** How long the client waits for its connection before it aborts, in ms. null: it does not abort. */
  readonly abortAt: number | null;
  /** The mistakes of the applications. */
  readonly misdeeds: readonly Misdeed[];
  /** The acts of the applications by themselves, in this order. */
  readonly acts: readonly ApplicationAct[];
}

function misdeeds(): fc.Arbitrary<Misdeed> {
  const where = {
    side: fc.constantFrom<Side>("server", "client"),
    hook: fc.constantFrom(...CALLED),
    call: fc.nat(3),
  };
  return fc.oneof(
    fc.record({ ...where, does: fc.constant("never settle" as const) }),
    fc.record({
      ...where,
      does: fc.constant("settle later" as const),
      ms: fc.oneof(fc.nat(200), fc.nat(20_000)),
    }),
    fc.record({
      ...where,
      does: fc.constant("fail" as const),
      way: fc.constantFrom(...Object.keys(WAYS_TO_FAIL)),
      value: fc.constantFrom(...Object.keys(ODD_VALUES)),
    }),
    fc.record({
      ...where,
      does: fc.constantFrom("command" as const, "await" as const),
      command: fc.constantFrom(...COMMANDS),
    }),
  );
}

/** The hooks in which a command may decide. The others have no socket, or are called for a failure only. */
const HOOKS_THAT_COMMAND = {
  server: ["open", "adopted", "message", "drain", "ping", "pong", "close", "trace", "loop"],
  client: ["open", "message", "drain", "ping", "pong", "close", "trace", "loop"],
} as const satisfies Readonly<Record<Side, readonly Called[]>>;

function acts(...all: readonly (readonly [number | null, Side, Command])[]): ApplicationAct[] {
  return all.map(([wait, side, command]) => ({ wait, side, command }));
}

/** Every hook but `drain` is called. A ping of each side waits when the connection moves to another server. */
const WHOLE_LIFE: readonly ApplicationAct[] = acts(
  [0, "client", "write"],
  [null, "server", "write"],
  [null, "client", "ping"],
  [null, "server", "ping"],
  [null, "server", "hand off"],
  [20, "client", "send"],
  [null, "client", "ping"],
  [null, "server", "send"],
);

/** More than the peer can make use of, twice: `drain` follows. */
function lifeUnderPressure(side: Side): ApplicationAct[] {
  return acts([0, side, "much"], [null, side, "much"], [null, side, "much"], [20, side, "much"]);
}

/** Bytes on the way at once. */
const NARROW_LINE: LineConditions = { ...PERFECT_LINE, buffer: 16_384 };

/**
 * Each command in the first call of each hook, on each side, and nothing else that is odd: what a random history comes to once
 * in some thousands.
 */
export function everyCommandInEveryHook(): ApplicationHistory[] {
  const sides: readonly Side[] = ["server", "client"];
  return sides.flatMap((side) =>
    HOOKS_THAT_COMMAND[side].flatMap((hook) =>
      COMMANDS.map((command): ApplicationHistory => {
        const line = hook === "drain" ? NARROW_LINE : PERFECT_LINE;
        return {
          network: { seed: 1, toServer: line, toClient: line },
          loops: hook === "loop" ? [side] : [],
          isLent: true,
          abortAt: null,
          misdeeds: [{ side, hook, call: 0, does: "command", command }],
          acts: hook === "drain" ? lifeUnderPressure(side) : WHOLE_LIFE,
        };
      }),
    ),
  );
}

/** A message in thousands of pieces takes its time, and tells nothing that one in forty pieces does not tell. */
const LEAST_PIECE = 1_500;

function withLargerPieces({ seed, toServer, toClient }: NetworkConditions): NetworkConditions {
  const larger = (line: LineConditions): LineConditions => ({
    ...line,
    piece: Math.max(line.piece, LEAST_PIECE),
    buffer: Math.max(line.buffer, LEAST_PIECE),
  });
  return { seed, toServer: larger(toServer), toClient: larger(toClient) };
}

/** Any history: shrinks to few acts on a perfect network. */
export function applicationHistories(): fc.Arbitrary<ApplicationHistory> {
  const waits = fc.oneof(
    { weight: 6, arbitrary: fc.nat(50) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.nat(8_000) },
  );
  const act = fc.record({
    wait: waits,
    side: fc.constantFrom<Side>("client", "server"),
    command: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Command>("write", "send", "ping") },
      { weight: 1, arbitrary: fc.constantFrom<Command>("much", "much", "ready") },
      { weight: 2, arbitrary: fc.constantFrom(...COMMANDS) },
    ),
  });
  return fc.record({
    network: fc.boolean().chain(networks).map(withLargerPieces),
    loops: fc.subarray<Side>(["client", "server"]),
    isLent: fc.boolean(),
    abortAt: fc.option(fc.nat(100), { freq: 8 }),
    misdeeds: fc.array(misdeeds(), { maxLength: 3 }),
    acts: fc.array(act, { minLength: 1, maxLength: 16 }),
  });
}
