import { createHash, randomBytes } from "node:crypto";
import { connect, type Server, type Socket, serve } from "@sansocket/bun";
import { selfSigned } from "@sansocket/workshop/certificate";
import { afterEach, beforeAll, describe, expect, test } from "vitest";

let certificate: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
});

let server: Server;

afterEach(async () => {
  await server.shutdown({ grace: 0 });
});

const MIB = 1_048_576;

describe.each([
  ["TCP", false],
  ["TLS", true],
])("over %s", (_name, isSecure) => {
  async function open(
    connection: (socket: Socket<undefined>) => Promise<void>,
  ): Promise<Socket<undefined>> {
    server = await serve({
      hostname: "127.0.0.1",
      ...(isSecure ? { tls: certificate } : {}),
      connection,
    });
    const url = server.url.replace("127.0.0.1", "localhost");
    return await connect(url, isSecure ? { tls: { ca: certificate.cert } } : {});
  }

  test("64 MiB for a peer that does not read wait on our side, 1 MiB at a time, and all arrive", async () => {
    const message = new Uint8Array(randomBytes(MIB));
    let mostUnsent = 0;
    let sent = 0;
    const socket = await open(async (peer) => {
      for (let count = 0; count < 64; count += 1) {
        message[0] = count;
        const sending = peer.send(message);
        mostUnsent = Math.max(mostUnsent, peer.unsent);
        expect(await sending).toBe("sent");
        sent += 1;
      }
    });
    socket.pause();
    // Every pong that comes shows that the other side lives, and is stuck.
    let before = -1;
    while (sent !== before) {
      before = sent;
      for (let count = 0; count < 20; count += 1)
        await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(64);
    socket.resume();
    let count = 0;
    for await (const received of socket) {
      message[0] = count;
      if (Buffer.compare(received as Uint8Array, message) !== 0) throw new Error(`not ${count}`);
      count += 1;
    }
    expect(count).toBe(64);
    expect(mostUnsent).toBeLessThan(1.1 * MIB);
  });

  test("what a slow reader gets in parts is whole and in order", async () => {
    const sender = createHash("sha256");
    const sizes = [1, 125, 126, 5_000, 65_535, 65_536, 300_000, 2 * MIB];
    const socket = await open(async (peer) => {
      for (let count = 0; count < 200; count += 1) {
        const message = randomBytes(sizes[(count * 5 + (count >> 3)) % sizes.length]!);
        sender.update(message);
        if (peer.write(message) === "pressure") await peer.ready();
      }
    });
    const receiver = createHash("sha256");
    let count = 0;
    for await (const message of socket) {
      receiver.update(message as Uint8Array);
      count += 1;
      if (count % 10 === 0) {
        socket.pause();
        await new Promise((resolve) => setTimeout(resolve, 2));
        socket.resume();
      }
    }
    expect(count).toBe(200);
    expect(receiver.digest("hex")).toBe(sender.digest("hex"));
  });

  test("a Close behind 8 MiB that the peer has yet to read arrives behind them", async () => {
    const socket = await open(async (peer) => {
      for (let count = 0; count < 8; count += 1) peer.write(new Uint8Array(MIB));
      const { wasClean } = await peer.close(4_002, "that was all");
      expect(wasClean).toBe(true);
    });
    socket.pause();
    await new Promise((resolve) => setImmediate(resolve));
    socket.resume();
    let bytes = 0;
    for await (const message of socket) bytes += message.length;
    expect(bytes).toBe(8 * MIB);
    expect(await socket.closed).toMatchObject({
      code: 4_002,
      reason: "that was all",
      wasClean: true,
    });
  });
});
