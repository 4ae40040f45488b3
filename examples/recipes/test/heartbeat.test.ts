import { expect, test, vi } from "vitest";
import { serveMeasured } from "../src/heartbeat.ts";
import { PATIENT, Visitor } from "./conversation.ts";

test("the round trip to a client is measured at the beginning, and again after the interval", async () => {
  await using server = await serveMeasured(0, 1);
  const visitor = await Visitor.open(server.url);
  const ping = vi.fn();
  visitor.socket.on("ping", ping);
  await vi.waitFor(() => expect(ping.mock.calls.length).toBeGreaterThan(2), PATIENT);
  visitor.say("how far?");
  const { roundTrip } = JSON.parse(await visitor.hear());
  expect(roundTrip).toBeGreaterThanOrEqual(0);
});

test("measuring ends with the connection", async () => {
  await using server = await serveMeasured(0, 1);
  const visitor = await Visitor.open(server.url);
  const [socket] = server.sockets;
  const ping = vi.spyOn(socket!, "ping");
  await vi.waitFor(() => expect(ping).toHaveBeenCalled(), PATIENT);
  await visitor.leave();
  await socket!.closed;
  const other = await Visitor.open(server.url);
  const pings = vi.fn();
  other.socket.on("ping", pings);
  await vi.waitFor(() => expect(pings.mock.calls.length).toBeGreaterThan(5), PATIENT); // time enough
  const results = await Promise.all(ping.mock.results.map(({ value }) => value));
  expect(results.filter((result) => result === "closed")).toHaveLength(1);
});
