/**
 * Across machines no descriptor can travel. The front does the opening handshake and sends the state of the connection to a
 * back server in a preamble. Then it carries bytes, and neither parses nor unmasks a frame. The back server runs the
 * connection as if it had accepted it.
 *
 * The preamble is one line of JSON. Whoever can connect to the back server can speak in a user's name: let only fronts reach it.
 */
import {
  connect as connectTo,
  createServer as createTcpServer,
  type Socket as TcpSocket,
} from "node:net";
import { pipeline } from "node:stream";
import { createServer, fromDuplex, type NodeServer, serve } from "@sansocket/node";
import { adopt, release } from "@sansocket/node/hand-off";
import { type Count, count, START } from "./counting.ts";

interface Preamble {
  readonly snapshot: string;
  readonly request: string | null;
  readonly waiting: readonly string[];
}

const MOST_PREAMBLE_BYTES = 1_048_576;

export interface Back {
  readonly port: number;
  readonly server: NodeServer<Count>;
  stop(): Promise<void>;
}

/** The back server: takes connections from fronts. */
export async function startBack(): Promise<Back> {
  const server = createServer<Count>({
    upgrade: (request) => request.reject(404),
    adopted(socket) {
      socket.data.moves += 1;
    },
    message: count,
  });
  const listener = createTcpServer({ allowHalfOpen: true }, (stream) => {
    stream.on("error", () => stream.destroy());
    readPreamble(stream, ({ snapshot, request, waiting }, first) => {
      const moved = { snapshot: Buffer.from(snapshot, "base64"), request, waiting };
      const socket = adopt(server, moved, fromDuplex(stream, first), { data: { ...START } });
      if (socket === null) stream.destroy();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as { port: number }).port,
    server,
    async stop() {
      listener.close();
      await server.shutdown();
    },
  };
}

/** Reads up to the first line end. The bytes behind it are the first ones of the connection. */
function readPreamble(
  stream: TcpSocket,
  take: (preamble: Preamble, first: Uint8Array) => void,
): void {
  let read = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf(0x0a);
    if (end === -1 && read.length <= MOST_PREAMBLE_BYTES) return;
    stream.off("data", onData);
    stream.pause();
    try {
      take(JSON.parse(read.toString("utf8", 0, end)) as Preamble, read.subarray(end + 1));
    } catch {
      stream.destroy(); // no preamble of a front
    }
  };
  stream.on("data", onData);
}

export interface RelayFront {
  readonly url: string;
  stop(): Promise<void>;
}

/** The front: its connections run at the back server on `port`. */
export async function startRelayFront(port: number): Promise<RelayFront> {
  const server = await serve<Count>({
    hostname: "127.0.0.1",
    upgrade: (request) => request.accept({ data: { ...START } }),
    open(socket) {
      release(socket)
        .then(({ socket: client, snapshot, request, waiting }) => {
          const back = connectTo({ port, host: "127.0.0.1", allowHalfOpen: true });
          const preamble: Preamble = {
            snapshot: Buffer.from(snapshot).toString("base64"),
            request,
            waiting: waiting.map(String),
          };
          back.write(`${JSON.stringify(preamble)}\n`);
          pipeline(client, back, () => {});
          pipeline(back, client, () => {});
        })
        .catch(() => socket.abort());
    },
  });
  return { url: server.url, stop: () => server.shutdown() };
}
