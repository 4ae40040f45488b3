import { createServer } from "node:net";
import { type Certificate, certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Line, Program } from "./program.ts";
import { unansweringHost } from "./unanswering-host.ts";

let shared: Certificate;

/** It says nothing, and does not go. */
const silent = createServer((socket) => {
  socket.on("error", () => {});
  socket.resume();
});

beforeAll(async () => {
  shared = await certificate();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});

afterAll(() => void silent.close());

const WAYS: readonly (readonly [way: string, says: readonly Line[]])[] = [
  ["closed and shut down", []],
  ["closed and shut down, with TLS", []],
  ["shut down alone", []],
  ["aborted", []],
  ["refused", [{ code: "refused" }]],
  ["given up while waiting for the answer", [{ code: "timeout" }]],
  ["given up during the TLS handshake", [{ code: "timeout" }]],
  ["nothing awaited", []],
  ["a WebSocket that was closed", []],
];

describe.each(RUNTIMES)(
  "on %s a process ends by itself, with 0, once its connections were",
  (runtime) => {
    test.each(WAYS)("%s", async (way, says) => {
      const { port: silentPort } = silent.address() as { port: number };
      const given = [`@sansocket/${runtime}`, way, JSON.stringify({ ...shared, silentPort })];
      const program = new Program(runtime, "leaving.mjs", given);
      expect(await program.untilExit()).toEqual([...says, { done: way }, { exit: 0 }]);
    });

    test("given up while it dials", async (context) => {
      if (process.platform !== "linux") context.skip("only Linux leaves those who dial unanswered");
      if (runtime === "bun") {
        context.skip(
          "Bun 1.4.5 cannot take a Bun.connect back: the process waits until the kernel gives up",
        );
      }
      const host = await unansweringHost();
      const settings = JSON.stringify({ ...shared, silentPort: host.port });
      const way = "given up while waiting for the answer";
      const program = new Program(runtime, "leaving.mjs", [`@sansocket/${runtime}`, way, settings]);
      expect(await program.untilExit()).toEqual([{ code: "timeout" }, { done: way }, { exit: 0 }]);
      await host.release();
    });
  },
);
