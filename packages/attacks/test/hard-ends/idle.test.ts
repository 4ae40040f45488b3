/** Connections that say nothing: what each of them costs. */

import { RawClient } from "@sansocket/workshop/raw-client";
import { describe, expect, test } from "vitest";
import { type EchoServer, RUNTIMES, startServer } from "../server-process.ts";

const COUNT = 2_000;

/** Each has sent a message and received it: what is made for that, and kept, is there. */
async function openIdle(server: EchoServer, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const wave = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(server.port)));
    await Promise.all(wave.map((client) => client.echo("hello")));
    clients.push(...wave);
  }
  return clients;
}

/**
 * KB of each. In the notes of November 2026, resident: ws 13 to 15, websocket-driver 25, Deno.serve 25, Bun.serve 2.7. On Deno
 * half of it is what a read lies in wait with, 4 KiB, and what Deno keeps with it.
 */
const BOUNDS = {
  node: { resident: 15, live: 5 },
  deno: { resident: 24, live: 12 },
  bun: { resident: 7, live: 4 },
};

describe.each(RUNTIMES)("idle connections of %s", (runtime) => {
  test(`15: ${COUNT} of them hold a few KB each, and give them back`, async (context) => {
    const server = await startServer(context, runtime);
    const first = await openIdle(server, 200); // what a runtime takes when it wakes up
    const before = { live: await server.live(), rss: (await server.stats()).rss };
    const clients = await openIdle(server, COUNT);
    const live = ((await server.live()) - before.live) * (1e3 / COUNT);
    const resident = ((await server.stats()).rss - before.rss) / 1e3 / COUNT;
    await Promise.all([...first, ...clients].map((client) => client.leave()));
    await server.idle();
    const left = (await server.live()) - before.live;
    const figures = `${resident.toFixed(1)} KB resident, ${live.toFixed(1)} KB referred to`;
    await server.outlived("15", `each of ${COUNT}: ${figures}; ${left.toFixed(1)} MB left of all`);
    expect(resident).toBeLessThan(BOUNDS[runtime].resident);
    expect(live).toBeLessThan(BOUNDS[runtime].live);
    expect(left).toBeLessThan(2);
  });
});
