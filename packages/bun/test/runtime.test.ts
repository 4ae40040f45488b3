import { expect, test } from "vitest";
import { runtime } from "../src/runtime.ts";

test("bytes that lie in the kernel when a timer fires come before what is to run after the poll", async () => {
  const log: string[] = [];
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: () => void log.push("bytes") },
  });
  const peer = await Bun.connect({
    hostname: "127.0.0.1",
    port: listener.port,
    socket: { data() {} },
  });
  for (let count = 0; count < 20; count += 1) {
    await new Promise<void>((resolve) => {
      runtime.setTimer(
        () => {
          peer.write("x");
          Bun.sleepSync(1);
          runtime.afterPoll(() => {
            log.push("after");
            resolve();
          });
        },
        1,
        false,
      );
    });
  }
  expect(log).toEqual(Array.from({ length: 20 }, () => ["bytes", "after"]).flat());
  peer.terminate();
  listener.stop(true);
});

test("a timer that was cleared does not fire", async () => {
  let hasFired = false;
  runtime.clearTimer(
    runtime.setTimer(
      () => {
        hasFired = true;
      },
      1,
      true,
    ),
  );
  await new Promise<void>((resolve) => void runtime.setTimer(resolve, 5, true));
  expect(hasFired).toBe(false);
});

test("the clock counts milliseconds, and never goes back", async () => {
  const before = [runtime.now(), performance.now()] as const;
  await new Promise<void>((resolve) => void runtime.setTimer(resolve, 30, true));
  const elapsed = runtime.now() - before[0];
  // Both clocks were read between the same two moments, up to the time that the process was not running.
  expect(Math.abs(elapsed - (performance.now() - before[1]))).toBeLessThan(1_000);
  expect(elapsed).toBeGreaterThanOrEqual(29);
  let last = 0;
  for (let count = 0; count < 1_000; count += 1) {
    const at = runtime.now();
    expect(at).toBeGreaterThanOrEqual(last);
    last = at;
  }
});
