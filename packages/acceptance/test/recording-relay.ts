/** A relay that writes down what two sides say to each other: what was compressed on the wire is to be seen. */
import { createServer, connect as dial, type Socket } from "node:net";
import { type WireFrame, wireFrames } from "@sansocket/workshop/wire-frames";

/** One half of a connection. */
export interface Half {
  readonly head: string;
  readonly frames: readonly WireFrame[];
}

function halfOf(chunks: readonly Buffer[]): Half {
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf("\r\n\r\n") + 4;
  return { head: bytes.toString("latin1", 0, end), frames: wireFrames(bytes.subarray(end)) };
}

/** The chunks of one connection. */
interface Recording {
  readonly client: Buffer[];
  readonly server: Buffer[];
}

export class RecordingRelay implements AsyncDisposable {
  readonly port: number;
  private readonly recordings: readonly Recording[];
  private readonly stop: () => Promise<void>;

  private constructor(port: number, recordings: readonly Recording[], stop: () => Promise<void>) {
    this.port = port;
    this.recordings = recordings;
    this.stop = stop;
  }

  /** @param port of the server, on the loopback address. It is for one conversation. */
  static async before(port: number): Promise<RecordingRelay> {
    const sockets: Socket[] = [];
    const recordings: Recording[] = [];
    const listener = createServer({ allowHalfOpen: true }, (client) => {
      const server = dial({ port, host: "127.0.0.1", allowHalfOpen: true });
      const recording: Recording = { client: [], server: [] };
      recordings.push(recording);
      sockets.push(client, server);
      forward(client, server, recording.client);
      forward(server, client, recording.server);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port: own } = listener.address() as { port: number };
    return new RecordingRelay(own, recordings, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });
  }

  get client(): Half {
    return halfOf(this.conversation.client);
  }

  get server(): Half {
    return halfOf(this.conversation.server);
  }

  /**
   * The connection on which the client has spoken. On a slow machine Chromium dials a second time after 250 ms, and never
   * speaks on the connection that came later.
   */
  private get conversation(): Recording {
    const spoken = this.recordings.filter(({ client }) => client.length > 0);
    if (spoken.length === 1) return spoken[0]!;
    throw new Error(`${spoken.length} of ${this.recordings.length} connections have spoken, not 1`);
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
