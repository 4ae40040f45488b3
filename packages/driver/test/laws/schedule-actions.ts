/**
 * The schedules of a network and an application, as plain data: what the peer says and how it arrives, what the network takes,
 * and what the application does by itself and inside its hooks.
 */
import fc from "fast-check";

/** What an application tells its socket. */
export type Command =
  | { readonly do: "pause" }
  | { readonly do: "resume" }
  | { readonly do: "we-send"; readonly size: number; readonly isAwaited: boolean }
  | { readonly do: "we-stream"; readonly sizes: number[] }
  | { readonly do: "we-ping" };

/** The hooks in which an application may tell its socket something. */
export const ACTING_HOOKS = ["message", "ping", "pong", "drain"] as const;
export type ActingHook = (typeof ACTING_HOOKS)[number];

/** A frame of the peer: a message of that many bytes, or a ping. */
export type Saying = number | "ping";

/** With it, what the application does in the hook that the frame leads to. */
export interface AnsweredSaying {
  readonly saying: Saying;
  readonly command: Command | null;
}

export type Action =
  | Command
  /** The command is given inside the next call of the hook. */
  | { readonly do: "in-hook"; readonly hook: ActingHook; readonly command: Command }
  | { readonly do: "peer-says"; readonly all: Saying[] }
  /** Everything that is on its way comes in one read, and these frames too: the hooks of one turn act on each other. */
  | { readonly do: "peer-says-at-once"; readonly all: AnsweredSaying[] }
  | { readonly do: "arrives"; readonly bytes: number }
  | { readonly do: "network-takes"; readonly bytes: number }
  | { readonly do: "peer-reads" }
  | { readonly do: "hook-finishes" }
  | { readonly do: "source-yields" }
  | { readonly do: "time-passes"; readonly ms: number };

const sizes = fc.oneof(
  { weight: 5, arbitrary: fc.nat(130) },
  { weight: 2, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) },
);

const byteCounts = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 100, max: 200_000 }),
);

const SOME = { minLength: 1, maxLength: 6 };
const sayings = fc.oneof(sizes, fc.constant("ping" as const));

function sends(isAwaited: boolean): fc.Arbitrary<Command> {
  return sizes.map((size) => ({ do: "we-send", size, isAwaited }) as const);
}

const pausing = fc.constantFrom<Command>({ do: "pause" }, { do: "resume" });

const COMMANDS: readonly fc.Arbitrary<Command>[] = [
  fc.constant({ do: "pause" }),
  fc.constant({ do: "resume" }),
  sends(false),
  sends(true),
  fc.array(sizes, { maxLength: 4 }).map((all) => ({ do: "we-stream", sizes: all }) as const),
  fc.constant({ do: "we-ping" }),
];

/** Half of what an application does in its hooks is about whether it takes the next message. */
const commandsInHooks = fc.oneof(pausing, fc.oneof(...COMMANDS));

function saysAtOnce(saying: fc.Arbitrary<Saying>): fc.Arbitrary<Action> {
  const answered = fc.record({ saying, command: fc.option(commandsInHooks) });
  return fc.array(answered, SOME).map((all) => ({ do: "peer-says-at-once", all }) as const);
}

/** Each kind is as likely as the others. */
export const actions: fc.Arbitrary<Action> = fc.oneof(
  ...COMMANDS,
  ...ACTING_HOOKS.map((hook) =>
    commandsInHooks.map((command) => ({ do: "in-hook", hook, command }) as const),
  ),
  fc.array(sayings, SOME).map((all) => ({ do: "peer-says", all }) as const),
  saysAtOnce(sayings),
  byteCounts.map((bytes) => ({ do: "arrives", bytes }) as const),
  byteCounts.map((bytes) => ({ do: "network-takes", bytes }) as const),
  fc.constant({ do: "peer-reads" } as const),
  fc.constant({ do: "hook-finishes" } as const),
  fc.constant({ do: "source-yields" } as const),
  fc.integer({ min: 0, max: 3_000 }).map((ms) => ({ do: "time-passes", ms }) as const),
);

/** Reads that bring some short frames each, whose hooks act on the turn that they are in. */
export const reads: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: saysAtOnce(fc.oneof(fc.nat(20), fc.constant("ping" as const))) },
    { weight: 1, arbitrary: fc.oneof(...COMMANDS) },
  ),
  { minLength: 1, maxLength: 6 },
);

/** What an application sends, and what a slow network takes of it. */
export const writes: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    sends(false),
    sends(true),
    byteCounts.map((bytes) => ({ do: "network-takes", bytes }) as const),
  ),
  { minLength: 1, maxLength: 12 },
);
