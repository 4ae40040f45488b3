/**
 * The close machine as it was explored: which states one side can be in, seen from outside, and which inputs lead from one to
 * another. A state is what the side has said and what it has heard: nothing, a Close, the end of the stream.
 */
import type { Side, SideName } from "./small-world.ts";

/** The end of one direction: nothing, the messages (a Close), the stream without a Close, or both. */
const HALVES = ["open", "Close", "end", "Close, end"] as const;
type Half = (typeof HALVES)[number];

/** "ours / theirs", or "ended". */
export type CloseState = string;

/** One arrow of the machine. */
export interface Transition {
  /** The side that moves. */
  readonly role: SideName;
  /** The state before. */
  readonly from: CloseState;
  /** The input that leads from one state to the other. */
  readonly via: string;
  /** The state behind. */
  readonly to: CloseState;
}

/** The state of a side, from what it has sent, received and told. */
export function closeStateOf(side: Side): CloseState {
  if (side.isOver) return "ended";
  return `${halfOf(hasSentClose(side), side.hasEnded)} / ${halfOf(side.hasTold("closing"), /[ex]/.test(side.inputs))}`;
}

function hasSentClose({ frames }: Side): boolean {
  return frames.some(({ opcode }) => opcode === 8);
}

function halfOf(hasClosed: boolean, hasEnded: boolean): Half {
  return HALVES[(hasClosed ? 1 : 0) + (hasEnded ? 2 : 0)]!;
}

/** The name of an input in the picture. `before` and `after` are the inputs of the side. */
export function inputName(side: Side, before: string): string {
  const input = side.inputs.slice(before.length)[0];
  switch (input) {
    case "c":
      return "close()";
    case "e":
      return "end of stream";
    case "x":
      return "reset";
    case "w":
      return "deadline";
    case "r":
      return "peer's Close";
    default:
      return "command";
  }
}

/** The machine of one role as a Mermaid diagram. Transitions between the same two states share an arrow. */
export function drawCloseMachine(role: SideName, transitions: Iterable<Transition>): string {
  const arrows = new Map<string, Set<string>>();
  for (const one of transitions) {
    if (one.role !== role || one.from === one.to) continue;
    const key = `${one.from} -> ${one.to}`;
    const inputs = arrows.get(key) ?? new Set();
    arrows.set(key, inputs.add(one.via));
  }
  const states = [...new Set([...arrows.keys()].flatMap((key) => key.split(" -> ")))].sort(
    byProgress,
  );
  const idOf = (state: string): string => (state === "ended" ? "[*]" : `s${states.indexOf(state)}`);
  return [
    "stateDiagram-v2",
    ...states
      .filter((state) => state !== "ended")
      .map((state) => `    state "${state}" as ${idOf(state)}`),
    `    [*] --> ${idOf("open / open")}`,
    ...[...arrows]
      .map(([key, inputs]) => {
        const [from = "", to = ""] = key.split(" -> ");
        return `    ${idOf(from)} --> ${idOf(to)} : ${[...inputs].sort().join(", ")}`;
      })
      .sort(),
  ].join("\n");
}

function byProgress(one: CloseState, other: CloseState): number {
  return rank(one) - rank(other);
}

function rank(state: CloseState): number {
  const [ours, theirs] = state.split(" / ");
  if (theirs === undefined) return 100;
  return HALVES.indexOf(ours as Half) * 4 + HALVES.indexOf(theirs as Half);
}
