/** A server whose process does not run for a while: no client was silent in that time. */

import { frameOf } from "@sansocket/workshop/client-bytes";
import { RawClient } from "@sansocket/workshop/raw-client";
import { Opcode } from "@sansocket/workshop/server-frames";
import { describe, expect, test } from "vitest";
import { RUNTIMES, startServer } from "../server-process.ts";

const TIMEOUTS = { idle: 2_500, ping: 500, pong: 1_500 };

/** Answers every ping. */
async function answeringClient(port: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  const keep = client.onFrame;
  client.onFrame = (heard) => {
    if (heard.opcode === Opcode.Ping) void client.write(frameOf(Opcode.Pong, heard.payload));
    else keep(heard);
  };
  return client;
}

describe.each(RUNTIMES)(
  "a server on %s that was stopped for longer than timeouts.idle",
  (runtime) => {
    test("goes on with the clients that had answered every ping", async (context) => {
      if (process.platform === "win32") context.skip("Windows has no SIGSTOP");
      const server = await startServer(context, runtime, { timeouts: TIMEOUTS });
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => answeringClient(server.port)),
      );
      await new Promise((resolve) => setTimeout(resolve, 1_200)); // the first pings
      await server.freeze(6_000);
      await new Promise((resolve) => setTimeout(resolve, 1_200)); // and one more
      await Promise.all(clients.map((client) => client.echo("still here")));
      expect((await server.stats()).connections).toBe(clients.length);
      await Promise.all(clients.map((client) => client.leave()));
      await server.idle();
    });
  },
);
