/** The two ways to read: into the scratch of all connections, and by 'data' events. The same must come of both. */
import { once } from "node:events";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { connect, fromDuplex, type Message, type NodeServer, serve } from "../src/index.ts";
import { canReadIntoScratch, forgetTrial } from "../src/scratch-reading.ts";

let server: NodeServer | null = null;

afterEach(async () => {
  await server?.shutdown({ grace: 100 });
  server = null;
  forgetTrial(null);
});

test("reading into the scratch works on this release of Node", async () => {
  expect(await canReadIntoScratch()).toBe(true);
});

describe.each([
  { how: "into the scratch", works: true },
  { how: "by 'data' events", works: false },
])("reading $how", ({ works }) => {
  async function echo(): Promise<number> {
    forgetTrial(works);
    server = await serve({
      hostname: "127.0.0.1",
      message: (socket, message) => void socket.write(message),
    });
    return (server.address as { port: number }).port;
  }

  test("echoes messages of every size, in order", async () => {
    const socket = await connect(`ws://127.0.0.1:${await echo()}/`);
    const sizes = [0, 1, 125, 126, 65_535, 65_536, 65_537, 300_000, 3_000_000];
    for (const size of sizes) socket.write(new Uint8Array(size).fill(size));
    const got: number[] = [];
    for await (const message of socket) {
      const bytes = message as Uint8Array;
      expect(bytes.every((octet) => octet === (bytes.length & 0xff))).toBe(true);
      if (got.push(bytes.length) === sizes.length) break;
    }
    expect(got).toEqual(sizes);
    await socket.close();
  });

  test("serves many connections at once without mixing them up", async () => {
    const port = await echo();
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () => connect(`ws://127.0.0.1:${port}/`)),
    );
    await Promise.all(
      sockets.map(async (socket, index) => {
        let round = 0;
        socket.write(`${index}:0`);
        for await (const message of socket) {
          expect(message).toBe(`${index}:${round}`);
          round += 1;
          if (round === 20) break;
          socket.write(`${index}:${round}`);
        }
        await socket.close();
      }),
    );
    await server!.shutdown();
    expect(server!.connections).toBe(0);
  });

  test("hears the peer's end of stream, its reset, and nothing behind them", async () => {
    const port = await echo();
    for (const leave of [
      (client: TcpSocket) => void client.end(),
      (client: TcpSocket) => void client.resetAndDestroy(),
    ]) {
      const client = connectTcp({ port, host: "127.0.0.1" });
      await once(client, "connect");
      client.write(UPGRADE);
      await once(client, "data");
      const [socket] = server!.sockets;
      leave(client);
      client.on("error", () => {});
      client.resume();
      const { error } = await socket!.closed;
      expect(["no-close", "transport-failed"]).toContain(error?.code);
    }
    await server!.shutdown();
    expect(server!.connections).toBe(0);
  });

  test("stops at limits.undelivered and goes on behind it", async () => {
    forgetTrial(works);
    const gate: (() => void)[] = [];
    let received = 0;
    server = await serve({
      hostname: "127.0.0.1",
      limits: { undelivered: 100_000 },
      async message(_, message) {
        received += message.length;
        await new Promise<void>((resolve) => gate.push(resolve));
      },
    });
    const socket = await connect(server.url);
    const total = 20_000_000;
    const sent = (async () => {
      for (let at = 0; at < total; at += 50_000) await socket.send(new Uint8Array(50_000));
    })();
    while (received < total) {
      await new Promise((resolve) => setImmediate(resolve));
      gate.shift()?.();
    }
    await sent;
    expect(received).toBe(total);
    gate.shift()?.();
    await socket.close();
  });

  test("the listening server counts its connections down", async () => {
    const port = await echo();
    const socket = await connect(`ws://127.0.0.1:${port}/`);
    await socket.close();
    await server!.shutdown();
    const probe = connectTcp({ port, host: "127.0.0.1" });
    await expect(once(probe, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** Two Duplexes, each of which reads what the other writes. */
function pair(): [Duplex, Duplex] {
  const sides: Duplex[] = [];
  const side = (other: () => Duplex): Duplex =>
    new Duplex({
      allowHalfOpen: true,
      read() {},
      write(chunk, _, done) {
        other().push(chunk);
        setImmediate(done);
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  sides.push(
    side(() => sides[1]!),
    side(() => sides[0]!),
  );
  return [sides[0]!, sides[1]!];
}

describe("fromDuplex", () => {
  async function first(socket: AsyncIterable<Message>): Promise<Message> {
    for await (const message of socket) return message;
    throw new Error("closed without a message");
  }

  test("binds a server and a client to the ends of any pair of Duplexes", async () => {
    server = await serve({
      hostname: "127.0.0.1",
      message: (socket, message) => void socket.write(message),
    });
    const [ours, theirs] = pair();
    expect(server.accept(fromDuplex(theirs))).toBe(true);
    const socket = await connect("ws://in.memory/", { socket: fromDuplex(ours) });
    socket.write("over no network");
    expect(await first(socket)).toBe("over no network");
    expect((await socket.close(1000, "bye")).wasClean).toBe(true);
    await server.shutdown();
    expect(server.connections).toBe(0);
  });

  test("has a socket of Node send each write at once: Node leaves Nagle's algorithm on", async () => {
    server = await serve({ hostname: "127.0.0.1" });
    const { port } = server.address as { port: number };
    const given = connectTcp(port, "127.0.0.1");
    const setNoDelay = vi.spyOn(given, "setNoDelay");
    const socket = await connect(server.url, { socket: fromDuplex(given) });
    expect(setNoDelay.mock.calls).toEqual([[true]]);
    await socket.close();
  });

  test("tells of a Duplex that was destroyed before", async () => {
    const [ours] = pair();
    ours.destroy();
    await expect(connect("ws://in.memory/", { socket: fromDuplex(ours) })).rejects.toMatchObject({
      code: "ended",
    });
  });

  test("tells of a Duplex that fails", async () => {
    const [ours, theirs] = pair();
    server = await serve({ hostname: "127.0.0.1" });
    server.accept(fromDuplex(theirs));
    const socket = await connect("ws://in.memory/", { socket: fromDuplex(ours) });
    ours.destroy(Object.assign(new Error("cut"), { code: "ECUT" }));
    expect((await socket.closed).error).toMatchObject({
      code: "transport-failed",
      message: "the transport failed: ECUT",
    });
    theirs.destroy();
  });
});
