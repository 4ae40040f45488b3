/** A relay that writes down what two sides say to each other: what was compressed on the wire is to be seen. */
import { createServer, connect as dial, type Socket } from "node:net";
import { type WireFrame, wireFrames } from "@sansocket/workshop/wire-frames";

/** One half of a connection. */
export interface Half {
  readonly head: string;
  readonly frames: readonly WireFrame[];
}

function halfOf(chunks: readonly Buffer[]): Half {
  const octets = Buffer.concat(chunks);
  const end = octets.indexOf("\r\n\r\n") + 4;
  return { head: octets.toString("latin1", 0, end), frames: wireFrames(octets.subarray(end)) };
}

export class RecordingRelay implements AsyncDisposable {
  readonly port: number;
  private readonly record: readonly [client: Buffer[], server: Buffer[]];
  private readonly stop: () => Promise<void>;

  private constructor(
    port: number,
    record: readonly [client: Buffer[], server: Buffer[]],
    stop: () => Promise<void>,
  ) {
    this.port = port;
    this.record = record;
    this.stop = stop;
  }

  /** @param port of the server, on the loopback address. It is for one connection. */
  static async before(port: number): Promise<RecordingRelay> {
    const sockets: Socket[] = [];
    const record: readonly [Buffer[], Buffer[]] = [[], []];
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
      sockets.push(client, server);
      forward(client, server, record[0]);
      forward(server, client, record[1]);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port: own } = listener.address() as { port: number };
    return new RecordingRelay(own, record, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });
  }

  get client(): Half {
    return halfOf(this.record[0]);
  }

  get server(): Half {
    return halfOf(this.record[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function forward(from: Socket, to: Socket, chunks: Buffer[]): void {
  from.on("error", () => to.destroy());
  from.on("end", () => to.end());
  from.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    to.write(chunk);
  });
}
