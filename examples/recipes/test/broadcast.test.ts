import { expect, test } from "vitest";
import { serveTicker } from "../src/broadcast.ts";
import { Visitor } from "./conversation.ts";

test("a published message reaches every client, text as text and bytes as bytes", async () => {
  const { server, publish } = await serveTicker(0);
  const visitors = await Promise.all([1, 2, 3].map(() => Visitor.open(server.url)));
  expect(publish("ä")).toBe(3);
  expect(publish(new Uint8Array([0xff]))).toBe(3);
  for (const visitor of visitors) {
    expect(await visitor.hear()).toBe("ä");
    expect([...(await visitor.hearBytes())]).toEqual([0xff]);
  }
  await server.shutdown();
});

test("a client that does not read misses messages, and all other clients get them", async () => {
  const { server, publish } = await serveTicker(0);
  const quick = await Visitor.open(server.url);
  const slow = await Visitor.open(server.url);
  slow.socket.pause();
  const large = new Uint8Array(200_000);
  let missed = 0;
  while (missed < 3) {
    if (publish(large) === 1) missed += 1;
    await quick.hearBytes();
  }
  expect(slow.socket.readyState).toBe(slow.socket.OPEN);
  slow.socket.terminate();
  await server.shutdown();
});

test("a client that sends a message is closed with 1003", async () => {
  const { server } = await serveTicker(0);
  const visitor = await Visitor.open(server.url);
  visitor.say("hello?");
  expect(await visitor.closed).toBe(1003);
  await server.shutdown();
});
