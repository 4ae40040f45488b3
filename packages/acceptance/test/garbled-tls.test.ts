/** A record of TLS that was changed on its way (RFC 8446 §5.2: "bad_record_mac"): whoever gets it ends the connection at once. */
import { createServer, connect as dial, type Socket as TcpSocket } from "node:net";
import type { CloseInfo } from "@sansocket/node";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { portOf } from "./places.ts";

/** Application data, and nobody's. */
const RECORD = Buffer.concat([Buffer.from([0x17, 3, 3, 0, 64]), Buffer.alloc(64, 0x5a)]);

const running: (() => void)[] = [];

afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

interface Relay {
  readonly port: number;
  /** Writes the record to that side, and passes on nothing more: the alert of TLS would have the other side end it. */
  garble(side: "client" | "server"): Promise<void>;
}

async function relay(target: number): Promise<Relay> {
  const listener = createServer({ allowHalfOpen: true });
  let isGarbled = false;
  const sides = new Promise<{ client: TcpSocket; server: TcpSocket }>((resolve) => {
    listener.once("connection", (client) => {
      const server = dial({ port: target, host: "127.0.0.1", allowHalfOpen: true });
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        running.push(() => from.destroy());
        from.on("error", () => {});
        from.on("data", (bytes) => isGarbled || to.write(bytes));
        from.on("end", () => isGarbled || to.end());
      }
      resolve({ client, server });
    });
  });
  running.push(() => listener.close());
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  return {
    port,
    async garble(side) {
      isGarbled = true;
      (await sides)[side].write(RECORD);
    },
  };
}

test.each(["server", "client"] as const)(
  "a %s that gets a record that does not decrypt ends the connection, without being asked to write",
  async (side) => {
    const { cert, key } = await certificate();
    const closed = new Mailbox<CloseInfo>();
    const timeouts = { idle: 0, ping: 0, close: 500 };
    await using server = await serve({
      hostname: "127.0.0.1",
      tls: { cert, key },
      timeouts,
      open: (socket) => void socket.write("hello"),
      close: (_socket, info) => closed.put(info),
    });
    const between = await relay(portOf(server));
    const url = `wss://127.0.0.1:${between.port}/`;
    const socket = await connect(url, { tls: { ca: cert }, timeouts });
    const messages = socket[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("hello");
    const over = side === "server" ? closed.take() : socket.closed;
    await between.garble(side);
    expect(await over).toMatchObject({ code: 1006, wasClean: false });
    socket.abort();
  },
);
