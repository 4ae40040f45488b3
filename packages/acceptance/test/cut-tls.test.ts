import { createServer, connect as dial, type Socket as TcpSocket } from "node:net";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { portOf } from "./places.ts";

const running: (() => void)[] = [];

afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

interface Relay {
  readonly port: number;
  /** Ends the stream of TCP towards the client, below TLS: no close_notify goes before it. */
  cut(): void;
}

/** Before a server, passes on bytes that it cannot read; of the server's at most so many. */
async function relay(target: number, most: number): Promise<Relay> {
  const sockets: TcpSocket[] = [];
  let client: TcpSocket | null = null;
  const listener = createServer({ allowHalfOpen: true }, (accepted) => {
    client = accepted;
    const server = dial({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    sockets.push(accepted, server);
    for (const socket of [accepted, server]) socket.on("error", () => {});
    let passed = 0;
    accepted.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => {
      if (passed >= most) return;
      accepted.write(bytes.subarray(0, most - passed));
      passed += bytes.length;
      if (passed >= most) accepted.end();
    });
  });
  running.push(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  return { port, cut: () => void client!.end() };
}

/** What is behind the first message, and how much of everything passes. */
const CUTS: readonly (readonly [where: string, bytes: number, most: number])[] = [
  ["between messages", 0, Number.POSITIVE_INFINITY],
  // Some 3 KB of TLS and of the opening handshake stand before it.
  ["in a message, and in a record of TLS", 1_000_000, 200_000],
];

// RFC 8446 §6.1 wants a close_notify. A WebSocket says by itself when it is complete (RFC 6455 §5.5.1): this is an end
// without a Close, as an end of plain TCP would be, and no failure of the transport.
test.each(CUTS)(
  "a client sees TLS that ends without close_notify %s as an end without a Close",
  async (_where, bytes, most) => {
    const { cert, key } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      tls: { cert, key },
      open(socket) {
        socket.write("before");
        if (bytes > 0) socket.write(new Uint8Array(bytes));
      },
    });
    const between = await relay(portOf(server), most);
    const url = `wss://127.0.0.1:${between.port}/`;
    const socket = await connect(url, { tls: { ca: cert } });
    const messages = socket[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("before");
    if (bytes === 0) between.cut();
    await expect(messages.next()).rejects.toMatchObject({ code: "no-close" });
    expect(await socket.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      initiator: null,
      error: { code: "no-close" },
    });
  },
);
