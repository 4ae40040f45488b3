import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OpenTransport } from "../../src/index.ts";
import { type Accepted, acceptAll } from "../../src/server/accepting.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What `next` does each time; behind the last of them, nobody listens any more. */
type Outcome = "a connection" | "one that has gone" | "too many open files";

interface Played {
  readonly log: string[];
  readonly accepting: Promise<void>;
}

function play(outcomes: readonly Outcome[], hasRoom = true): Played {
  const log: string[] = [];
  const waiting = [...outcomes];
  const open = (() => {}) as unknown as OpenTransport;
  const acceptor = {
    accept(): boolean {
      log.push(hasRoom ? "taken" : "full");
      return hasRoom;
    },
    acceptFailed: (cause: unknown) => void log.push((cause as Error).message),
  };
  const accepting = acceptAll(acceptor, {
    isClosed: () => waiting.length === 0 && log.at(-1) === "closed",
    async next(): Promise<Accepted | null> {
      const outcome = waiting.shift();
      if (outcome === "a connection") return { open, drop: () => void log.push("dropped") };
      if (outcome === "one that has gone") return null;
      if (outcome === undefined) log.push("closed");
      throw new Error(outcome ?? "nobody listens any more");
    },
  });
  return { log, accepting };
}

const ROWS: readonly (readonly [
  what: string,
  outcomes: readonly Outcome[],
  hasRoom: boolean,
  log: readonly string[],
])[] = [
  ["one after the other is taken", ["a connection", "a connection"], true, ["taken", "taken"]],
  ["what the server does not take is dropped", ["a connection"], false, ["full", "dropped"]],
  [
    "one that has gone holds nobody up, and is not reported",
    ["one that has gone", "one that has gone", "a connection"],
    true,
    ["taken"],
  ],
];

test.each(ROWS)("%s", async (_what, outcomes, hasRoom, log) => {
  const played = play(outcomes, hasRoom);
  await played.accepting; // no time has passed
  expect(played.log).toEqual([...log, "closed"]);
});

test("what fails is reported, and tried again after a while, not at once", async () => {
  const { log, accepting } = play(["too many open files", "a connection"]);
  await vi.advanceTimersByTimeAsync(99);
  expect(log).toEqual(["too many open files"]);
  await vi.advanceTimersByTimeAsync(1);
  await accepting;
  expect(log).toEqual(["too many open files", "taken", "closed"]);
});
