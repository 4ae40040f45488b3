import { describe, expect, test } from "vitest";
import {
  createRoom,
  initialsOf,
  isContinued,
  randomKey,
  sinceOf,
  takeEntry,
  takeJoined,
  timeOf,
} from "../page/conversation.js";

const entry = (id: number, key = `k${id}`) => ({ id, key, at: id, name: "Ada", text: key });
const joined = (log: string, entries: object[], isGap = false) => ({ log, entries, isGap });
const keysOf = (items: { kind: string; key?: string }[]): string[] =>
  items.map(({ kind, key }) => key ?? kind);

describe("what a page knows of a room", () => {
  test("begins with nothing, and grows with each entry", () => {
    const room = createRoom();
    expect(sinceOf(room)).toBe(null);
    expect(keysOf(takeJoined(room, joined("a", [entry(1), entry(2)])))).toEqual(["k1", "k2"]);
    expect(keysOf(takeEntry(room, entry(3)))).toEqual(["k3"]);
    expect(sinceOf(room)).toEqual({ log: "a", id: 3 });
  });

  test("has no entry twice, however often it comes", () => {
    const room = createRoom();
    takeJoined(room, joined("a", [entry(1)]));
    expect(takeEntry(room, entry(1))).toEqual([]);
    expect(keysOf(takeJoined(room, joined("a", [entry(1), entry(2)])))).toEqual(["k2"]);
    expect(keysOf(room.items)).toEqual(["k1", "k2"]);
  });

  test("goes on behind a note when the server has begun anew, counting from its first entry", () => {
    const room = createRoom();
    takeJoined(room, joined("a", [entry(8), entry(9)]));
    expect(keysOf(takeJoined(room, joined("b", [entry(1, "new")])))).toEqual(["note", "new"]);
    expect(sinceOf(room)).toEqual({ log: "b", id: 1 });
    expect(keysOf(room.items)).toEqual(["k8", "k9", "note", "new"]);
  });

  test("has an entry once that was said again to a server that had begun anew", () => {
    const room = createRoom();
    takeJoined(room, joined("a", [entry(5, "mine")]));
    expect(keysOf(takeJoined(room, joined("b", [entry(1, "mine")])))).toEqual(["note"]);
    expect(sinceOf(room)).toEqual({ log: "b", id: 1 });
  });

  test("notes a gap", () => {
    const room = createRoom();
    takeJoined(room, joined("a", [entry(1)]));
    expect(keysOf(takeJoined(room, joined("a", [entry(200)], true)))).toEqual(["note", "k200"]);
  });

  test("is bounded", () => {
    const room = createRoom();
    for (let id = 1; id <= 700; id += 1) takeEntry(room, entry(id));
    expect(room.items.length).toBe(500);
    expect(room.keys.size).toBe(500);
    expect(keysOf(room.items)[0]).toBe("k201");
  });
});

describe("how it looks", () => {
  const at = new Date(2026, 4, 3, 23, 58).getTime();
  const said = (name: string, time: number): object => ({ kind: "entry", name, at: time });
  test.each([
    ["the same person a minute later", said("Ada", at), said("Ada", at + 60_000), true],
    ["another person", said("Ada", at), said("Bob", at + 1), false],
    ["much later", said("Ada", at - 600_000), said("Ada", at), false],
    ["another day", said("Ada", at), said("Ada", at + 180_000), false],
    ["behind a note", { kind: "note" }, said("Ada", at), false],
    ["the first", null, said("Ada", at), false],
  ])("%s", (_what, previous, item, expected) => {
    expect(isContinued(previous, item)).toBe(expected);
  });

  test.each([
    ["en-US", "9:05 AM"],
    ["en-GB", "09:05"],
    ["de", "09:05"],
  ])("the time is written as %s has it", (locale, expected) => {
    const morning = new Date(2026, 4, 3, 9, 5).getTime();
    // Whether the space before AM is a narrow one is for the version of CLDR to say.
    expect(timeOf(morning, locale).replace("\u202f", " ")).toBe(expected);
  });

  test("initials are whole characters of the first two words", () => {
    expect(["ada", "Ada b c", "😀 x", "łukasz"].map(initialsOf)).toEqual(["A", "AB", "😀X", "Ł"]);
  });

  test("keys are long enough to be told apart, and short enough for the server", () => {
    const keys = Array.from({ length: 100 }, randomKey);
    expect(new Set(keys).size).toBe(100);
    expect(keys[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
