import { expect, test } from "vitest";
import { serveRooms } from "../src/rooms.ts";
import { Visitor } from "./conversation.ts";

test("what is said in a room is heard in it, by everyone else, and nowhere else", async () => {
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

test("a member who has left gets nothing, and the room goes on", async () => {
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
