import { expect, test } from "vitest";
import { game, testGame, testSilence } from "../src/without-a-network.ts";

test("the tests of the recipe pass, without waiting for the minute that goes by in them", async () => {
  await testGame();
  await testSilence();
});

test("the options are those of a server that listens", async () => {
  const { connect, serve } = await import("@sansocket/node");
  await using server = await serve({ ...game("5"), port: 0 });
  const socket = await connect(server.url);
  socket.write("3");
  expect((await socket[Symbol.asyncIterator]().next()).value).toBe("more");
  socket.write("5");
  expect(await socket.closed).toMatchObject({ code: 1_000, reason: "found in 2" });
});
