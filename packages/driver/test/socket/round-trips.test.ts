/** RFC 6455 §5.5.3: a pong answers its ping and every ping before it. */
import { expect, test } from "vitest";
import { RoundTrips } from "../../src/socket/round-trips.ts";

test("a pong resolves its ping and the earlier ones with their times, and leaves the later ones waiting", async () => {
  const trips = new RoundTrips();
  const waits = [trips.wait(1, 100), trips.wait(2, 130), trips.wait(3, 150)];
  trips.answered(2, 160);
  expect(await Promise.all(waits.slice(0, 2))).toEqual([60, 30]);
  expect(trips.isPongAwaited).toBe(true);
  trips.noPongComes();
  expect(await waits[2]).toBe("closed");
  expect(trips.isPongAwaited).toBe(false);
});

test("a pong that answers no ping resolves nothing", () => {
  const trips = new RoundTrips();
  void trips.wait(1, 100);
  trips.answered(0, 200);
  expect(trips.isPongAwaited).toBe(true);
});
