import { connect as connectTcp } from "node:net";
import type { NetworkAddress, Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { FailingRelay } from "./failing-relay.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, type Place, portOf } from "./places.ts";

const OVER_TCP = PLACES.filter(([name]) => name !== "a unix socket");

/** How the client's side of the connection ends. */
const WAYS: readonly (readonly [
  how: string,
  leave: (client: Socket, relay: FailingRelay) => unknown,
])[] = [
  ["a Close", (client) => client.close()],
  ["an abort", (client) => client.abort()],
  ["a reset", (_client, relay) => relay.reset("server")],
];

describe.each(OVER_TCP)("over %s", (_name, at: () => Promise<Place>) => {
  // An application that counts its clients by address does so in `open`, and back in `close`.
  test.each(WAYS)("the close hook knows where the peer was, after %s", async (_how, leave) => {
    const place = await at();
    const opened = new Mailbox<null>();
    const addresses = new Mailbox<NetworkAddress | null>();
    const server = await serve({
      ...place.listen,
      open: () => opened.put(null),
      message() {},
      close: (socket) => addresses.put(socket.remoteAddress),
    });
    const relay = await FailingRelay.before(portOf(server));
    const url = place.url(server).replace(`:${portOf(server)}/`, `:${relay.port}/`);
    const client = await connect(url, place.client);
    await opened.take();
    await leave(client, relay);
    expect(await addresses.take()).toEqual({ hostname: "127.0.0.1", port: expect.any(Number) });
    await client.closed;
    expect(client.remoteAddress).toEqual({ hostname: "127.0.0.1", port: relay.port });
    await relay.reset("client");
    await server.shutdown({ grace: 0 });
  });
});

test("a client that has left before the server answers had an address all the same", async () => {
  const addresses = new Mailbox<NetworkAddress | null>();
  await using server = await serve({
    hostname: "127.0.0.1",
    upgrade(request) {
      request.signal.addEventListener("abort", () => addresses.put(request.remoteAddress));
      return new Promise<never>(() => {});
    },
  });
  const client = connectTcp(portOf(server), "127.0.0.1");
  client.on("error", () => {});
  client.write(
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    () => client.resetAndDestroy(),
  );
  expect(await addresses.take()).toEqual({ hostname: "127.0.0.1", port: expect.any(Number) });
  await server.shutdown({ grace: 0 });
});
