/** A relay that passes on what two sides say as a slow line would: so much, and after a moment as much again. */
import { createServer, connect as dial, type Socket } from "node:net";

function forward(from: Socket, to: Socket, every: number): void {
  from.on("error", () => {});
  from.on("end", () => to.end());
  from.on("data", (bytes) => {
    to.write(bytes);
    from.pause();
    setTimeout(() => from.resume(), (every * bytes.length) / 65_536);
  });
}

export class SteadyRelay implements AsyncDisposable {
  readonly port: number;
  private readonly stop: () => Promise<void>;

  private constructor(port: number, stop: () => Promise<void>) {
    this.port = port;
    this.stop = stop;
  }

  /**
   * @param port of the server, on the loopback address.
   * @param every how many ms 64 KiB take.
   */
  static async before(port: number, every: number): Promise<SteadyRelay> {
    const sockets: Socket[] = [];
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
      sockets.push(client, server);
      forward(client, server, every);
      forward(server, client, every);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port: own } = listener.address() as { port: number };
    return new SteadyRelay(own, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
