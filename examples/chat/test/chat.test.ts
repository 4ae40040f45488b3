import { describe, expect, test } from "vitest";
import { handle, KEPT_ENTRIES, MOST_MEMBERS, MOST_ROOMS } from "../src/chat.ts";
import { STANDING_ROOMS } from "../src/presence.ts";
import { type Guest, last, received, Scene } from "./scene.ts";

const textsOf = (entries: readonly { text: string }[]): string[] => entries.map(({ text }) => text);
const heardBy = (guest: Guest): string[] =>
  textsOf(received(guest, "entry").map(({ entry }) => entry));

describe("talking", () => {
  test("what is said reaches everybody in the room, the speaker included, and nobody else", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    const eve = scene.guest("Eve", "tea room");
    scene.say(ada, "hello");
    expect(heardBy(ada)).toEqual(["hello"]);
    expect(heardBy(bob)).toEqual(["hello"]);
    expect(heardBy(eve)).toEqual([]);
    expect(last(received(bob, "entry")).entry).toEqual({
      id: 1,
      key: "hello",
      at: scene.now,
      name: "Ada",
      hue: last(received(ada, "joined")).people[0]!.hue,
      text: "hello",
    });
  });

  test("the same key again is said once, and answered to the speaker alone", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.say(ada, "hello", "k1");
    scene.say(ada, "hello", "k1");
    expect(heardBy(bob)).toEqual(["hello"]);
    expect(heardBy(ada)).toEqual(["hello", "hello"]);
    expect(received(ada, "entry").map(({ entry }) => entry.id)).toEqual([1, 1]);
  });

  test("typing is told to the others", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.tell(ada, { type: "typing" });
    expect(received(bob, "typing")).toEqual([{ type: "typing", name: "Ada" }]);
    expect(received(ada, "typing")).toEqual([]);
  });

  test.each([{ type: "say", key: "k", text: "hello" } as const, { type: "typing" } as const])(
    "$type before the first join is refused",
    (message) => {
      const scene = new Scene();
      const ada = scene.guest("Ada", null);
      scene.tell(ada, message);
      expect(ada.sent).toMatchObject([{ type: "refused", why: "Join a room first" }]);
    },
  );

  test("who says too much at once is refused until time has passed", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    for (let count = 0; count < 100; count += 1) {
      const message = { type: "say", key: `k${count}`, text: "again" } as const;
      for (const { to } of handle(scene.chat, ada, message, scene.now)) {
        if (to.includes(bob)) bob.sent.push({ type: "alive" });
      }
    }
    expect(received(bob, "alive").length).toBe(40);
    scene.say(ada, "one more");
    expect(heardBy(bob)).toEqual(["one more"]);
  });

  test("a probe is answered", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada", null);
    scene.tell(ada, { type: "probe" });
    expect(ada.sent).toEqual([{ type: "alive" }]);
  });
});

describe("history", () => {
  test("who comes first time gets everything that is kept: the newest hundred, in order", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    for (let count = 1; count <= KEPT_ENTRIES + 5; count += 1) scene.say(ada, `m${count}`);
    const { entries, isGap } = last(received(scene.guest("Bob"), "joined"));
    expect(entries.length).toBe(KEPT_ENTRIES);
    expect(textsOf([entries[0]!, last(entries)])).toEqual(["m6", `m${KEPT_ENTRIES + 5}`]);
    expect(isGap).toBe(false);
  });

  test("who comes back gets what was said since, and nothing twice", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.say(ada, "heard");
    const { log } = last(received(bob, "joined"));
    scene.leave(bob);
    scene.say(ada, "missed 1");
    scene.say(ada, "missed 2");
    const again = scene.guest("Bob", "lobby", { log, id: 1 });
    const joined = last(received(again, "joined"));
    expect(textsOf(joined.entries)).toEqual(["missed 1", "missed 2"]);
    expect(joined).toMatchObject({ log, isGap: false });
  });

  test("who missed more than is kept is told of the gap", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    for (let count = 1; count <= KEPT_ENTRIES + 2; count += 1) scene.say(ada, `m${count}`);
    const { log } = last(received(ada, "joined"));
    const isGapFrom = (id: number): boolean =>
      last(received(scene.guest("Bob", "lobby", { log, id }), "joined")).isGap;
    expect(isGapFrom(1)).toBe(true);
    expect(isGapFrom(2)).toBe(false);
  });

  test("a since of another run of the server counts for nothing: everything is sent", () => {
    const before = new Scene("one");
    const { log } = last(received(before.guest("Ada"), "joined"));
    const after = new Scene("other");
    after.say(after.guest("Eve"), "new");
    const joined = last(received(after.guest("Ada", "lobby", { log, id: 50 }), "joined"));
    expect(textsOf(joined.entries)).toEqual(["new"]);
    expect(joined.isGap).toBe(false);
    expect(joined.log).not.toBe(log);
  });

  test("joining the same room again says only what is new to the page, and tells nobody", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.say(ada, "hello");
    const { log } = last(received(ada, "joined"));
    scene.flush();
    const told = bob.sent.length;
    scene.tell(ada, { type: "join", room: "lobby", name: "Ada", since: { log, id: 1 }, tab: null });
    scene.flush();
    expect(last(received(ada, "joined")).entries).toEqual([]);
    expect(bob.sent.length).toBe(told);
  });
});

describe("limits", () => {
  test("a room more than there may be takes the place of the one that is empty for longest", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    const free = MOST_ROOMS - STANDING_ROOMS.length;
    for (let count = 0; count <= free; count += 1) {
      scene.join(ada, `room ${count}`, "Ada");
    }
    expect(scene.chat.rooms.size).toBe(MOST_ROOMS);
    expect(scene.chat.rooms.has("room 0")).toBe(false);
    expect(scene.chat.rooms.has("room 1")).toBe(true);
    expect(scene.chat.rooms.has("lobby")).toBe(true);
  });

  test("where somebody is in every room, another one is refused, and nobody moves", () => {
    const scene = new Scene();
    const free = MOST_ROOMS - STANDING_ROOMS.length;
    for (let count = 0; count < free; count += 1) scene.guest(`g${count}`, `room ${count}`);
    const ada = scene.guest("Ada");
    scene.join(ada, "one more", "Ada");
    expect(last(ada.sent)).toMatchObject({ type: "refused" });
    expect(ada.room).toBe("lobby");
  });

  test("a room that is opened anew has another log", () => {
    const scene = new Scene();
    const first = last(received(scene.guest("Ada", "garden"), "joined")).log;
    scene.chat.rooms.delete("garden");
    expect(last(received(scene.guest("Bob", "garden"), "joined")).log).not.toBe(first);
  });

  test("a full room is refused, and who is in it may still take another name", () => {
    const scene = new Scene();
    const guests = Array.from({ length: MOST_MEMBERS }, (_, index) => scene.guest(`g${index}`));
    expect(last(scene.guest("late").sent)).toMatchObject({ type: "refused" });
    scene.join(guests[0]!, "lobby", "Zoe");
    expect(last(received(guests[0]!, "joined")).name).toBe("Zoe");
  });
});
