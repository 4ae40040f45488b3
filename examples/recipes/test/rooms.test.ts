import { expect, test } from "vitest";
import { serveRooms } from "../src/rooms.ts";
import { Visitor } from "./conversation.ts";

test("a message in a room reaches all other members of that room, and no other room", async () => {
  await using server = await serveRooms(0);
  const [ada, ben] = [
    await Visitor.open(`${server.url}/room/red`),
    await Visitor.open(`${server.url}/room/red`),
  ];
  const cleo = await Visitor.open(`${server.url}/room/blue`);
  const dan = await Visitor.open(`${server.url}/room/blue`);
  ada.say("in red");
  expect(await ben.hear()).toBe("in red");
  dan.say("in blue");
  expect(await cleo.hear()).toBe("in blue");
  ben.say("back");
  expect(await ada.hear()).toBe("back"); // and not "in red" before it
});

test("a member that has left gets nothing, and the room continues", async () => {
  await using server = await serveRooms(0);
  const ada = await Visitor.open(`${server.url}/room/red`);
  const ben = await Visitor.open(`${server.url}/room/red`);
  const cleo = await Visitor.open(`${server.url}/room/red`);
  await ben.leave();
  ada.say("hello");
  expect(await cleo.hear()).toBe("hello");
  expect(server.sockets).toHaveLength(2);
});

test.each(["/", "/room", "/room/", "/rooms/red", "/room/red/blue"])(
  "%s is no room",
  async (path) => {
    await using server = await serveRooms(0);
    await expect(Visitor.open(server.url + path)).rejects.toThrow("404");
  },
);
