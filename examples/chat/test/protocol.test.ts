import { describe, expect, test } from "vitest";
import { LIMITS, MESSAGE_BYTES, readClientMessage } from "../src/protocol.ts";

const join = { type: "join", room: "lobby", name: "Ada", since: null, tab: null };

describe("a message that is understood", () => {
  test.each([
    ["a first join", join, join],
    ["a join that says nothing of since", { ...join, since: undefined }, join],
    ["a join that says nothing of its tab", { ...join, tab: undefined }, join],
    ["a join of a tab", { ...join, tab: "secret" }, { ...join, tab: "secret" }],
    [
      "a join that comes back",
      { ...join, since: { log: "run.1", id: 7 } },
      { ...join, since: { log: "run.1", id: 7 } },
    ],
    [
      "a join with blank around its names, and big letters in the room's",
      { ...join, room: " Tea \t Room", name: "  Ada   L. " },
      { ...join, room: "tea room", name: "Ada L." },
    ],
    [
      "members that nobody knows",
      { ...join, __proto__: { x: 1 }, constructor: "?", more: [] },
      join,
    ],
    [
      "something said, in lines",
      { type: "say", key: "k1", text: "\n one\n two " },
      { type: "say", key: "k1", text: "one\n two" },
    ],
    ["typing", { type: "typing" }, { type: "typing" }],
    ["watch", { type: "watch", on: false }, { type: "watch", on: false }],
    ["probe", { type: "probe" }, { type: "probe" }],
  ])("%s is read", (_why, given, read) => {
    expect(readClientMessage(JSON.stringify(given))).toEqual(read);
  });

  test("the longest text fits in the longest message, whatever it is made of", () => {
    for (const character of ["a", '"', "\n", "é", "語", "\u200d"]) {
      const text = `x${character.repeat(LIMITS.text - 2)}x`;
      const message = JSON.stringify({ type: "say", key: "k".repeat(LIMITS.key), text });
      expect(readClientMessage(message)).toMatchObject({ type: "say", text });
      expect(new TextEncoder().encode(message).length).toBeLessThanOrEqual(MESSAGE_BYTES);
    }
  });
});

describe("a message that is not understood is answered with the reason", () => {
  test.each([
    ["bytes", new Uint8Array([123, 125]), /binary/],
    ["no JSON", "{", /not JSON/],
    ["nothing", "", /not JSON/],
    ["JSON that is no object", "null", /not a JSON object/],
    ["an array", "[]", /not a JSON object/],
    ["no type", "{}", /`type`/],
    ["a type that every object has", '{"type":"constructor"}', /`type`/],
    ["a room that is no string", JSON.stringify({ ...join, room: 1 }), /`room`/],
    ["a room without a name", JSON.stringify({ ...join, room: " \n " }), /room is empty/],
    ["a long room", JSON.stringify({ ...join, room: "r".repeat(25) }), /at most 24/],
    ["a name that is no string", JSON.stringify({ ...join, name: null }), /`name`/],
    ["an empty name", JSON.stringify({ ...join, name: "" }), /name is empty/],
    ["a long name", JSON.stringify({ ...join, name: "n".repeat(25) }), /at most 24/],
    ["a name that cannot be seen", JSON.stringify({ ...join, name: "\u200b" }), /cannot be seen/],
    ["a name that turns around", JSON.stringify({ ...join, name: "a\u202eb" }), /cannot be seen/],
    ["a since that is no object", JSON.stringify({ ...join, since: 4 }), /`since`/],
    ["a since without an id", JSON.stringify({ ...join, since: { log: "a" } }), /`since`/],
    ["half an id", JSON.stringify({ ...join, since: { log: "a", id: 0.5 } }), /`since`/],
    ["an id below 0", JSON.stringify({ ...join, since: { log: "a", id: -1 } }), /`since`/],
    ["an endless log", JSON.stringify({ ...join, since: { log: "a".repeat(41), id: 1 } }), /since/],
    ["a tab that is no string", JSON.stringify({ ...join, tab: 1 }), /`tab`/],
    ["an endless tab", JSON.stringify({ ...join, tab: "t".repeat(41) }), /`tab`/],
    ["nothing said", JSON.stringify({ type: "say", key: "k", text: " \n" }), /message is empty/],
    ["no key", JSON.stringify({ type: "say", text: "hi" }), /`key`/],
    ["an empty key", JSON.stringify({ type: "say", key: "", text: "hi" }), /`key`/],
    ["a long key", JSON.stringify({ type: "say", key: "k".repeat(41), text: "hi" }), /`key`/],
    ["text that is no string", JSON.stringify({ type: "say", key: "k", text: ["hi"] }), /`text`/],
    ["a control", JSON.stringify({ type: "say", key: "k", text: "a\u0007b" }), /control character/],
    ["half a character", '{"type":"say","key":"k","text":"\\ud800"}', /control character/],
    ["a watch of nothing", JSON.stringify({ type: "watch", on: "yes" }), /`on`/],
  ])("%s", (_what, data, why) => {
    expect(readClientMessage(data)).toMatchObject({
      type: "refused",
      why: expect.stringMatching(why),
    });
  });

  test("a text that is too long is refused with the key of what was said", () => {
    const text = "x".repeat(LIMITS.text + 1);
    expect(readClientMessage(JSON.stringify({ type: "say", key: "k9", text }))).toEqual({
      type: "refused",
      why: "A message has at most 2000 characters",
      key: "k9",
    });
  });
});
