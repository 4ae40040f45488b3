/** The hooks of an application, and a test of them: no port, no waiting, and the same at each run. */
import assert from "node:assert/strict";
import type { ServerOptions } from "@sansocket/node";
import { pair } from "@sansocket/testing/application";

interface Player {
  tries: number;
}

/** A guessing game. The application gives these options to `serve`. */
export function game(secret: string): ServerOptions<Player> {
  return {
    upgrade: (request) => request.accept({ data: { tries: 0 } }),
    timeouts: { idle: 60_000, ping: 0 }, // a player who says nothing for a minute has left
    message(socket, text) {
      socket.data.tries += 1;
      if (text === secret) void socket.close(1000, `found in ${socket.data.tries}`);
      else socket.write(String(text) < secret ? "more" : "less");
    },
  };
}

/** The body of a test, for Vitest, Jest, node:test or any other. */
export async function testGame(): Promise<void> {
  const { client, server, idle, until } = await pair<Player>({ server: game("5") });
  client.write("7");
  await idle(); // everything that was sent has arrived
  assert.equal(server.data.tries, 1);
  client.write("5");
  const { reason } = await until(client.closed); // time goes by until the promise has settled
  assert.equal(reason, "found in 2");
}

/** Time stands still until the test lets it go by. */
export async function testSilence(): Promise<void> {
  const quiet = { timeouts: { ping: 0 } };
  const { client, advance } = await pair<Player>({ server: game("5"), client: quiet });
  await advance(59_999);
  assert.equal(client.state, "open");
  await advance(1);
  assert.equal((await client.closed).code, 1_001);
}
