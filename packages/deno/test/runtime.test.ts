import { expect, test } from "vitest";
import { runtime } from "../src/runtime.ts";
import { RawPeer } from "./raw-peer.ts";

test("bytes that lie in the kernel when a timer fires come before what is to run after the poll, as a rule", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, peer] = await Promise.all([listener.accept(), RawPeer.connect(listener.addr.port)]);
  const log: string[] = [];
  for (let count = 0; count < 50; count += 1) {
    const reading = conn.read(new Uint8Array(1)).then(() => log.push("bytes"));
    await new Promise<void>((resolve) => {
      runtime.setTimer(
        () => {
          void peer.conn.write(new Uint8Array(1));
          runtime.afterPoll(() => {
            log.push("after");
            resolve();
          });
        },
        1,
        false,
      );
    });
    await reading;
  }
  const inOrder = log.filter((entry, at) => at % 2 === 0 && entry === "bytes").length;
  // Deno promises no order. A timeout of 0 came behind the bytes 95 times of 100, an immediate once of 100.
  expect(inOrder).toBeGreaterThanOrEqual(40);
  conn.close();
  peer.close();
  listener.close();
});

test("a timer that was cleared does not fire", async () => {
  let hasFired = false;
  const fire = (): void => {
    hasFired = true;
  };
  runtime.clearTimer(runtime.setTimer(fire, 1, true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(hasFired).toBe(false);
});

test("a process ends by itself when its connections have, whatever timers are left", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "farewell.ts"],
    cwd: new URL(".", import.meta.url).pathname,
  }).output();
  expect(new TextDecoder().decode(stdout)).toBe("1000\n");
  expect(success).toBe(true);
});
