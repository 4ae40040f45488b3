/** When the transport is read from, as a table: the pure function behind the gate. */
import { describe, expect, test } from "vitest";
import { type ReadingFacts, shouldHoldReading } from "../../src/socket/reading-gate.ts";

const AT_EASE: ReadingFacts = {
  unread: 0,
  waiting: 0,
  undelivered: 1_000,
  isPressured: false,
  isRetiring: false,
  isInputOver: false,
  isAwaited: false,
  isHeld: false,
};

describe("reading", () => {
  test.each<[string, Partial<ReadingFacts>, boolean]>([
    ["goes on while nothing waits", {}, false],
    ["goes on up to limits.undelivered", { waiting: 1_000 }, false],
    ["pauses above it", { waiting: 1_001 }, true],
    ["stays paused until half of it is left", { waiting: 501, isHeld: true }, true],
    ["goes on at half of it", { waiting: 500, isHeld: true }, false],
    ["pauses behind a request that nobody has decided about", { unread: 1_001 }, true],
    ["pauses while the peer does not read what it is sent", { isPressured: true }, true],
    ["pauses for a shutdown", { isRetiring: true }, true],
    [
      "goes on where a pong is awaited, although the peer does not read",
      { isPressured: true, isAwaited: true },
      false,
    ],
    [
      "goes on where the peer's Close is awaited, in a shutdown",
      { isRetiring: true, isAwaited: true },
      false,
    ],
    [
      "has room for as much again where something is awaited",
      { waiting: 2_000, isAwaited: true },
      false,
    ],
    ["and no more than that", { waiting: 2_001, isAwaited: true }, true],
    [
      "goes on behind the peer's Close, where the engine drops everything",
      { waiting: 9_999, isInputOver: true, isPressured: true },
      false,
    ],
    ["with limits.undelivered of 0 pauses for one byte", { undelivered: 0, waiting: 1 }, true],
    ["with limits.undelivered of 0 goes on for none", { undelivered: 0 }, false],
  ])("%s", (_what, facts, isHeld) => {
    expect(shouldHoldReading({ ...AT_EASE, ...facts })).toBe(isHeld);
  });
});
