import { describe, expect, test } from "vitest";
import { createAllowance } from "../src/allowance.ts";
import {
  type Chat,
  createChat,
  type Delivery,
  handle,
  KEPT_ENTRIES,
  leave,
  type Member,
  MOST_MEMBERS,
  MOST_ROOMS,
  STANDING_ROOMS,
} from "../src/chat.ts";
import type { ClientMessage, ServerMessage, Since } from "../src/protocol.ts";

/** A chat whose members remember what they were sent. */
class Scene {
  readonly chat: Chat<Guest>;
  now = 1_000;

  constructor(run = "run") {
    this.chat = createChat(run, this.now);
  }

  guest(name: string, room: string | null = "lobby", since: Since | null = null): Guest {
    const guest: Guest = { name: "", room: null, allowance: createAllowance(this.now), sent: [] };
    if (room !== null) this.tell(guest, { type: "join", room, name, since });
    return guest;
  }

  /** A second later than the last, so that nobody says too much. */
  tell(guest: Guest, message: ClientMessage): void {
    this.now += 1_000;
    this.take(handle(this.chat, guest, message, this.now));
  }

  say(guest: Guest, text: string, key = text): void {
    this.tell(guest, { type: "say", key, text });
  }

  leave(guest: Guest): void {
    this.take(leave(this.chat, guest, this.now));
  }

  private take(deliveries: readonly Delivery<Guest>[]): void {
    for (const { to, message } of deliveries) for (const { sent } of to) sent.push(message);
  }
}

interface Guest extends Member {
  readonly sent: ServerMessage[];
}

function received<T extends ServerMessage["type"]>(
  { sent }: Guest,
  type: T,
): Extract<ServerMessage, { type: T }>[] {
  return sent.filter(
    (message): message is Extract<ServerMessage, { type: T }> => message.type === type,
  );
}

const last = <T>(items: readonly T[]): T => items.at(-1)!;
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
    const told = bob.sent.length;
    scene.tell(ada, { type: "join", room: "lobby", name: "Ada", since: { log, id: 1 } });
    expect(last(received(ada, "joined")).entries).toEqual([]);
    expect(bob.sent.length).toBe(told);
  });
});

describe("presence", () => {
  test("coming, leaving, and another name are told to the others", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    const bob = scene.guest("Bob");
    const namesFor = (guest: Guest): string[] =>
      last(received(guest, "people")).people.map(({ name }) => name);
    expect(namesFor(ada)).toEqual(["Ada", "Bob"]);
    scene.tell(bob, { type: "join", room: "lobby", name: "Robert", since: null });
    expect(namesFor(ada)).toEqual(["Ada", "Robert"]);
    scene.leave(bob);
    expect(namesFor(ada)).toEqual(["Ada"]);
  });

  test("two connections of one name are one person, counted twice", () => {
    const scene = new Scene();
    scene.guest("Ada");
    expect(last(received(scene.guest("Ada"), "joined")).people).toEqual([
      { name: "Ada", connections: 2 },
    ]);
  });

  test("who goes to another room is in that one only", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.tell(bob, { type: "join", room: "garden", name: "Bob", since: null });
    expect(last(received(ada, "people")).people).toEqual([{ name: "Ada", connections: 1 }]);
    expect(last(received(ada, "rooms")).rooms).toContainEqual({ name: "garden", people: 1 });
    scene.say(ada, "gone?");
    expect(heardBy(bob)).toEqual([]);
    scene.leave(bob);
    expect(last(received(ada, "rooms")).rooms.map(({ name }) => name)).toEqual(STANDING_ROOMS);
  });

  test("leaving twice, or without having joined, leads to nothing", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    scene.leave(ada);
    const told = ada.sent.length;
    scene.leave(ada);
    scene.leave(scene.guest("Eve", null));
    expect(ada.sent.length).toBe(told);
  });
});

describe("limits", () => {
  test("a room more than there may be takes the place of the one that is empty for longest", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    const free = MOST_ROOMS - STANDING_ROOMS.length;
    for (let count = 0; count <= free; count += 1) {
      scene.tell(ada, { type: "join", room: `room ${count}`, name: "Ada", since: null });
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
    scene.tell(ada, { type: "join", room: "one more", name: "Ada", since: null });
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
    scene.tell(guests[0]!, { type: "join", room: "lobby", name: "Zoe", since: null });
    expect(last(received(guests[0]!, "joined")).name).toBe("Zoe");
  });
});
