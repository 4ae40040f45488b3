import { describe, expect, test } from "vitest";
import { changePeople, changeRooms } from "../page/presence.js";
import { hasNews, peopleOf, roomsListed, STANDING_ROOMS } from "../src/presence.ts";
import type { Person, PersonChange, RoomChange, RoomCount } from "../src/protocol.ts";
import { type Guest, last, received, Scene } from "./scene.ts";

const peopleIn = (scene: Scene, room: string): Person[] => peopleOf(scene.chat.rooms.get(room)!);

/** The names of the people that were told of, with their connections. */
const changedFor = (guest: Guest): string[] =>
  last(received(guest, "people")).changed.map(({ name, connections }) => `${name} ${connections}`);

describe("who is here", () => {
  test("is told to who enters in whole, and to the others by what has changed, once the moment is over", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    scene.flush();
    const bob = scene.guest("Bob");
    expect(last(received(bob, "joined")).people.map(({ name }) => name)).toEqual(["Ada", "Bob"]);
    const told = received(ada, "people").length;
    expect(hasNews(scene.chat)).toBe(true);
    scene.flush();
    expect(received(ada, "people").length).toBe(told + 1);
    expect(changedFor(ada)).toEqual(["Bob 1"]);
    scene.join(bob, "lobby", "Robert");
    scene.flush();
    expect(changedFor(ada)).toEqual(["Robert 1", "Bob 0"]);
    scene.leave(bob);
    scene.flush();
    expect(changedFor(ada)).toEqual(["Robert 0"]);
    expect(hasNews(scene.chat)).toBe(false);
  });

  test("is not told when somebody came and went within the moment, or came back", () => {
    const scene = new Scene();
    const [ada, bob] = [scene.guest("Ada"), scene.guest("Bob")];
    scene.flush();
    const told = ada.sent.length;
    scene.leave(scene.guest("Eve"));
    scene.leave(bob);
    scene.guest("Bob");
    scene.flush();
    expect(ada.sent.length).toBe(told);
  });

  test("concerns the people of that room alone", () => {
    const scene = new Scene();
    const [ada, eve] = [scene.guest("Ada"), scene.guest("Eve", "tea room")];
    scene.flush();
    const told = received(eve, "people").length;
    scene.guest("Bob");
    scene.flush();
    expect(changedFor(ada)).toEqual(["Bob 1"]);
    expect(received(eve, "people").length).toBe(told);
    expect(last(received(eve, "room-counts")).changed).toEqual([{ name: "lobby", people: 2 }]);
  });

  test("two connections of one tab are one person, counted twice, in one colour", () => {
    const scene = new Scene();
    scene.guest("Ada", "lobby", null, "tab");
    const again = scene.guest("Ada", "lobby", null, "tab");
    expect(last(received(again, "joined")).people).toMatchObject([{ name: "Ada", connections: 2 }]);
  });

  test("leaving twice, or without having joined, leads to nothing", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    scene.leave(ada);
    scene.flush();
    scene.leave(ada);
    scene.leave(scene.guest("Eve", null));
    expect(hasNews(scene.chat)).toBe(false);
  });
});

describe("the rooms there are", () => {
  test("are told in whole once, and then by what has changed", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada");
    expect(received(ada, "rooms").map(({ rooms }) => rooms)).toEqual([
      STANDING_ROOMS.map((name) => ({ name, people: name === "lobby" ? 1 : 0 })),
    ]);
    scene.flush();
    const bob = scene.guest("Bob", "garden");
    scene.flush();
    expect(last(received(ada, "room-counts")).changed).toEqual([{ name: "garden", people: 1 }]);
    scene.leave(bob);
    scene.flush();
    expect(last(received(ada, "room-counts")).changed).toEqual([{ name: "garden", people: null }]);
    scene.join(ada, "tea room", "Ada");
    scene.flush();
    expect(last(received(ada, "room-counts")).changed).toEqual([
      { name: "lobby", people: 0 },
      { name: "tea room", people: 1 },
    ]);
    expect(received(ada, "rooms").length).toBe(1);
  });
});

test("what a page makes of the changes is what the server has, whoever comes and goes", () => {
  const scene = new Scene();
  const guests: Guest[] = [];
  const watcher = scene.guest("Watcher");
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 16) % below;
  };
  for (let step = 0; step < 400; step += 1) {
    const room = `room ${random(4)}`;
    const target = random(3) === 0 ? "lobby" : room;
    const kind = random(4);
    if (kind === 0 || guests.length === 0) guests.push(scene.guest(`Guest ${step}`, target));
    else if (kind === 1) scene.leave(guests.splice(random(guests.length), 1)[0]!);
    else scene.join(guests[random(guests.length)]!, target, `Guest ${random(20)}`);
    if (random(3) === 0) scene.flush();
  }
  scene.flush();
  let people: readonly Person[] = [];
  let rooms: readonly RoomCount[] = [];
  for (const message of watcher.sent) {
    if (message.type === "joined") people = message.people;
    if (message.type === "people") people = changePeople(people, message.changed as PersonChange[]);
    if (message.type === "rooms") rooms = message.rooms;
    if (message.type === "room-counts") rooms = changeRooms(rooms, message.changed as RoomChange[]);
  }
  expect(people).toEqual(peopleIn(scene, "lobby"));
  expect(rooms).toEqual(roomsListed(scene.chat));
});

test("990 people and a burst of 40 who come in: less than a megabyte in all, 54 without gathering", () => {
  const scene = new Scene();
  for (let index = 0; index < 950; index += 1) {
    scene.guest(`Somebody ${index}`, `room ${index % 6}`);
  }
  scene.flush();
  scene.bytesSent = 0;
  for (let index = 0; index < 40; index += 1) {
    scene.guest(`Latecomer ${index}`, `room ${index % 6}`);
  }
  scene.flush();
  expect(scene.bytesSent).toBeLessThan(1_000_000);
  // Most of it is for those who come: who is there. Everybody else is told of a few people and six numbers.
  scene.bytesSent = 0;
  scene.leave(scene.guest("The last", "room 0"));
  scene.flush();
  expect(scene.bytesSent).toBeLessThan(20_000);
});
