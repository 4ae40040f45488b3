import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connect, runtime, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, type Place, portOf } from "./places.ts";

const OVER_TCP = PLACES.filter(([name]) => name !== "a unix socket");

const silent: TcpSocket[] = [];

afterEach(() => {
  for (const client of silent.splice(0)) client.destroy();
});

/** Connects, and says nothing: with TLS, its handshake is under way for as long as it likes. */
async function silentClient(port: number): Promise<{ readonly gone: Promise<void> }> {
  const client = connectTcp(port, "127.0.0.1");
  silent.push(client);
  client.on("error", () => {});
  client.resume(); // an end that nobody reads is no end
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  return { gone };
}

describe.each(OVER_TCP)("over %s, clients that say nothing", (name, at: () => Promise<Place>) => {
  test("are connections, and maxConnections drops those above it", async () => {
    const place = await at();
    const errors = new Mailbox<string>();
    const server = await serve({
      ...place.listen,
      maxConnections: 2,
      error: (_socket, { code }) => errors.put(code),
    });
    for (let count = 0; count < 5; count += 1) await silentClient(portOf(server));
    for (let count = 0; count < 3; count += 1) expect(await errors.take()).toBe("connection-limit");
    expect(server.connections).toBe(2);
    expect(server.sockets).toEqual([]);
    await server.shutdown({ grace: 0 });
    expect(server.connections).toBe(0);
  });

  test("leave no room to others, and make room when they go", async () => {
    const place = await at();
    const errors = new Mailbox<string>();
    await using server = await serve({
      ...place.listen,
      maxConnections: 1,
      error: (_socket, { code }) => errors.put(code),
    });
    await silentClient(portOf(server));
    while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await expect(connect(place.url(server), place.client)).rejects.toMatchObject({
      name: "ConnectError",
    });
    expect(await errors.take()).toBe("connection-limit");
    silent[0]!.destroy();
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await using socket = await connect(place.url(server), place.client);
    expect(server.connections).toBe(1);
    expect(await socket.ping()).toBeTypeOf("number");
  });

  test("are gone when shutdown has resolved", async ({ skip }) => {
    const place = await at();
    const server = await serve(place.listen);
    const clients = [];
    for (let count = 0; count < 5; count += 1) clients.push(await silentClient(portOf(server)));
    while (server.connections < 5) await new Promise((resolve) => setTimeout(resolve, 1));
    await server.shutdown();
    expect(server.connections).toBe(0);
    if (runtime === "deno" && name === "TLS") {
      skip("Deno 2.9.6 keeps the descriptor of an unfinished TLS handshake until the peer leaves");
    }
    await Promise.all(clients.map(({ gone }) => gone));
  });
});

/** RFC 8446 §5.1: the first bytes of a record with a ClientHello, whose rest does not come. */
const HALF_A_HELLO = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);

const FAILURES: readonly (readonly [what: string, act: (client: TcpSocket) => unknown])[] = [
  ["is reset at once", (client) => client.resetAndDestroy()],
  ["is ended at once", (client) => client.end()],
  ["is plain HTTP", (client) => client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["is ended in its middle", (client) => client.end(HALF_A_HELLO)],
  [
    "is reset in its middle",
    (client) => client.write(HALF_A_HELLO, () => client.resetAndDestroy()),
  ],
];

test.each(FAILURES)(
  "a TLS handshake that %s is a connection no more, and harms no other",
  async (_what, act) => {
    const [, at] = OVER_TCP.find(([name]) => name === "TLS")!;
    const place = await at();
    const errors: string[] = [];
    const server = await serve({
      ...place.listen,
      error: (_socket, { code }) => void errors.push(code),
    });
    const other = await connect(place.url(server), place.client);
    await silentClient(portOf(server));
    while (server.connections < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    act(silent[0]!);
    while (server.connections > 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await other.ping()).toBeTypeOf("number");
    expect(errors).toEqual([]);
    await other.close();
    await server.shutdown();
  },
);
