/** All histories of the small world, shortest first, each state once. */
import { requireParser } from "../engine/binding.ts";
import type { Engine } from "../engine/engine.ts";
import { closeStateOf, inputName, type Transition } from "./close-machine.ts";
import { type Move, type Side, SmallWorld, showHistory, type WorldSize } from "./small-world.ts";
import { requireEndInSilence, requireEndOnPromptNetwork, requireSoundState } from "./world-laws.ts";

/** How {@link explore} goes about. */
export interface ExploreOptions {
  /** "opening": the search begins before the opening handshake. Default "open". */
  readonly from?: "opening" | "open";
}

/**
 * The worlds of the search. Each of them is tried whole: one with all of these moves together would have millions of states.
 * Both sides may close in each of them.
 */
export const SMALL_WORLDS: Readonly<Record<string, WorldSize>> = {
  "two messages and a ping": { texts: 2, pings: 1, closes: 1, cuts: 0, losses: 0, waits: 0 },
  "a message, a ping and a cut": { texts: 1, pings: 1, closes: 1, cuts: 1, losses: 0, waits: 0 },
  "a message, a ping and a loss": { texts: 1, pings: 1, closes: 1, cuts: 0, losses: 1, waits: 0 },
  "a message, a loss and a deadline": {
    texts: 1,
    pings: 0,
    closes: 1,
    cuts: 0,
    losses: 1,
    waits: 1,
  },
  "a ping and a deadline": { texts: 0, pings: 1, closes: 1, cuts: 0, losses: 0, waits: 1 },
  "a loss and two deadlines": { texts: 0, pings: 0, closes: 1, cuts: 0, losses: 1, waits: 2 },
};

/** The result of an exploration. */
export interface Exploration {
  /** Different states. */
  readonly states: number;
  /** Moves that were tried: several may lead to one state. */
  readonly moves: number;
  /** The moves of the longest history. */
  readonly longest: number;
  /** The arrows of the close machine. */
  readonly transitions: readonly Transition[];
}

/** @throws RangeError for a world without a bound. */
function requireSize(size: WorldSize): void {
  const names = ["texts", "pings", "closes", "cuts", "losses", "waits"] as const;
  for (const name of names) {
    const count = (size as Partial<WorldSize> | null)?.[name];
    if (count !== undefined && Number.isSafeInteger(count) && count >= 0) continue;
    throw new RangeError(
      `${name} of the world is ${String(count)}: give a whole number from 0 on for each of ${names.join(", ")}`,
    );
  }
}

/** A law does not hold at the end of a history. */
export class BrokenWorld extends Error {
  /** "BrokenWorld", to tell it from other errors across copies of the package. */
  override readonly name: string = "BrokenWorld";
  /** The shortest history that breaks the law. */
  readonly history: readonly Move[];

  constructor(history: readonly Move[], cause: unknown) {
    // An error of another realm is no instance of this realm's Error.
    const what = (cause as Error | null)?.message ?? String(cause);
    super(`${what}\nafter these ${history.length} moves:\n${showHistory(history)}`, { cause });
    this.history = history;
  }
}

/** A history, as a list that shares its beginning with others. */
interface Path {
  readonly before: Path | null;
  readonly move: Move;
}

function movesOf(path: Path | null): Move[] {
  const moves: Move[] = [];
  for (let at = path; at !== null; at = at.before) moves.push(at.move);
  return moves.reverse();
}

/**
 * Tries every history of a small world, and checks laws 4, 5 and 9 in every state: each state is judged by itself, by what
 * becomes of it in silence, and by what becomes of it on a prompt network.
 *
 * An engine cannot be copied through {@link Engine}, so each history is played again from its beginning.
 * @throws BrokenWorld with the shortest history that breaks a law.
 */
export function explore(
  engine: Engine,
  size: WorldSize,
  options: ExploreOptions = {},
): Exploration {
  requireParser("explore", engine);
  requireSize(size);
  const { from = "open" } = options;
  const play = (history: readonly Move[]): SmallWorld => {
    const world = new SmallWorld(engine, size, from);
    for (const move of history) world.perform(move);
    return world;
  };
  const seen = new Set<string>();
  const silenced = new Set<string>();
  const transitions = new Map<string, Transition>();
  let [moves, longest] = [0, 0];

  /** @returns the moves that lead on from a state that is new. */
  const visit = (history: readonly Move[]): readonly Move[] => {
    const world = play(history.slice(0, -1));
    const before = world.sides.map(({ inputs }) => inputs);
    const states = world.sides.map(closeStateOf);
    const last = history.at(-1);
    if (last !== undefined) world.perform(last);
    world.sides.forEach((side, index) => {
      if (side.inputs !== before[index])
        note(side, states[index]!, inputName(side, before[index]!));
    });
    requireSoundState(world);
    if (seen.has(world.digest)) return [];
    seen.add(world.digest);
    longest = history.length;
    const next = world.moves();
    for (const side of world.sides) {
      // The fate of a side in silence depends on that side alone.
      const key = `${side.name}${world.now};${side.inputs}`;
      if (silenced.has(key)) continue;
      silenced.add(key);
      const again = play(history);
      requireEndInSilence(again, again[side.name]);
    }
    requireEndOnPromptNetwork(world);
    return next;
  };
  const note = (side: Side, state: string, via: string): void => {
    const transition = { role: side.name, from: state, via, to: closeStateOf(side) };
    transitions.set(JSON.stringify(transition), transition);
  };

  let frontier: (Path | null)[] = [null];
  while (frontier.length > 0) {
    const next: Path[] = [];
    for (const path of frontier) {
      const history = movesOf(path);
      moves += 1;
      try {
        for (const move of visit(history)) next.push({ before: path, move });
      } catch (error) {
        throw new BrokenWorld(history, error);
      }
    }
    frontier = next;
  }
  return { states: seen.size, moves, longest, transitions: [...transitions.values()] };
}
