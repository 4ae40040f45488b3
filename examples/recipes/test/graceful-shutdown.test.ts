import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { serveUntilSignal } from "../src/graceful-shutdown.ts";
import { Visitor } from "./conversation.ts";

test.each(["SIGTERM", "SIGINT"])(
  "%s closes everyone with 1012, and lets nobody in",
  async (signal) => {
    const signals = new EventEmitter();
    const { server, stopped } = await serveUntilSignal(0, signals);
    const { url } = server;
    const visitors = await Promise.all([1, 2].map(() => Visitor.open(url)));
    visitors[0]!.say("hello");
    expect(await visitors[0]!.hear()).toBe("hello");
    signals.emit(signal);
    for (const visitor of visitors) expect(await visitor.closed).toBe(1012);
    await stopped;
    expect(server.connections).toBe(0);
    await expect(Visitor.open(url)).rejects.toThrow("ECONNREFUSED");
  },
);

test("no handler is left behind the first signal, so a second one ends the process", async () => {
  const signals = new EventEmitter();
  const { stopped } = await serveUntilSignal(0, signals);
  signals.emit("SIGINT");
  expect(signals.listenerCount("SIGINT")).toBe(0);
  await stopped;
});
