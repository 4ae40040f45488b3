/** A relay of bytes between two sides of a connection, which stops to read from one of them, and resets it in the end. */
import { createServer, connect as dial, type Socket } from "node:net";

export type Side = "client" | "server";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Bytes, and the end that the other one wants to hear of. */
function forward(from: Socket, to: Socket): void {
  from.on("data", (bytes) => to.write(bytes));
  from.on("end", () => to.end());
  from.on("close", () => to.destroy());
}

export class FailingRelay {
  readonly port: number;
  private readonly pair: Promise<Pair>;
  private readonly stop: () => void;

  private constructor(port: number, pair: Promise<Pair>, stop: () => void) {
    this.port = port;
    this.pair = pair;
    this.stop = stop;
  }

  /** @param port of the server, on the loopback address. */
  static async before(port: number): Promise<FailingRelay> {
    const listener = createServer({ allowHalfOpen: true });
    const pair = new Promise<Pair>((resolve) => {
      listener.once("connection", (client) => {
        const server = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
        for (const socket of [client, server]) socket.on("error", () => {});
        forward(client, server);
        forward(server, client);
        resolve({ client, server });
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port: own } = listener.address() as { port: number };
    return new FailingRelay(own, pair, () => void listener.close());
  }

  /** From now on that side has a peer who does not read. */
  async stopReading(side: Side): Promise<void> {
    (await this.pair)[side].pause();
  }

  /** That side sees a reset, and the other one an end. */
  async reset(side: Side): Promise<void> {
    const pair = await this.pair;
    pair[side].resetAndDestroy();
    pair[side === "client" ? "server" : "client"].destroy();
    this.stop();
  }
}
