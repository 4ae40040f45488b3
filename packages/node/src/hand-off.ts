/**
 * Connections that move to another process of Node: the descriptor goes over the channel of `child_process` or `cluster`, and
 * the state of the engine goes with it. See docs/hand-off.md.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Socket as NetSocket } from "node:net";
import { intakeOf, MisuseError, type Server, type Socket } from "@sansocket/driver";
import {
  adopt,
  type DetachOptions,
  detachBy,
  type MovedConnection,
} from "@sansocket/driver/hand-off";
import { fromDuplex, NodeTransport } from "./node-transport.ts";
import { type Channel, sendSocket } from "./on-its-way.ts";
import { acceptedTransport } from "./scratch-reading.ts";

export {
  type AdoptOptions,
  adopt,
  type DetachedConnection,
  type DetachOptions,
  detach,
  type MovedConnection,
  SnapshotError,
  type SnapshotFault,
} from "@sansocket/driver/hand-off";

export type { Channel } from "./on-its-way.ts";

/** A connection that has left its server, with the socket that no part of this process reads any more. */
export interface ReleasedConnection extends MovedConnection {
  /** The socket, for `process.send(message, socket)`, or for a relay to another machine. */
  readonly socket: NetSocket;
}

/** A message on the channel. Other messages of the application may share the channel. */
interface HandOffMessage {
  readonly sansocket: "hand-off 1";
  /** The snapshot in base64, for channels that carry JSON. */
  readonly snapshot: string;
  /** Text as it is, bytes as { bytes: base64 }. */
  readonly waiting: readonly (string | { readonly bytes: string })[];
  readonly request: string | null;
  readonly data: unknown;
}

/** How {@link sendConnection} sends. */
export interface SendConnectionOptions extends DetachOptions {
  /**
   * The new server gets this value as `socket.data`. The channel must be able to carry it: JSON as a rule. A function is called
   * at the moment of the move, when every message has been answered. Default null.
   */
  readonly data?: unknown;
}

/**
 * Takes a connection away from its server, as `detach` does, and gives its socket. Bytes that arrive later wait in the kernel.
 * @returns rejects as `detach` does, and with a MisuseError for a connection that is no plain TCP or unix socket of Node.
 */
export function release(socket: Socket, options: DetachOptions = {}): Promise<ReleasedConnection> {
  return detachBy(socket, options, (transport) => {
    if (!(transport instanceof NodeTransport)) {
      throw new MisuseError(
        "this connection cannot move to another process: its transport is none of Node's",
      );
    }
    const { socket: own, unread } = transport.release();
    return { unread, rest: { socket: own } };
  });
}

/**
 * Moves a connection to the process at the other end of the channel, where {@link receiveConnections} runs.
 * @returns resolves when the channel has the message. Rejects as {@link release} does, with the error of the channel or of
 * `data`, and with a ConnectionError "aborted" when the other process has ended before. The connection is cut off in the last
 * three cases, because it has left its server. The connection is cut off too when the other process ends before it has taken
 * the message out of the channel.
 */
export async function sendConnection(
  socket: Socket,
  to: Channel,
  { data = null, ...options }: SendConnectionOptions = {},
): Promise<void> {
  if (typeof to?.send !== "function" || !isConnected(to)) {
    throw new MisuseError(
      "sendConnection: the channel is closed, or is none: give a child process, a worker or process",
    );
  }
  const { snapshot, waiting, request, socket: own } = await release(socket, options);
  let message: HandOffMessage;
  try {
    message = {
      sansocket: "hand-off 1",
      snapshot: base64(snapshot),
      waiting: waiting.map((each) => (typeof each === "string" ? each : { bytes: base64(each) })),
      request,
      data: typeof data === "function" ? data() : data,
    };
  } catch (error) {
    // Nobody serves the connection any more: the peer must not wait for an answer.
    own.destroy();
    throw error;
  }
  await sendSocket(to, message, own);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Node begins to read when a socket arrives, which may be long before anybody listens to the channel. */
function isUntouched({ bytesRead, readableEnded }: NetSocket): boolean {
  return bytesRead === 0 && !readableEnded;
}

function isConnected(channel: Channel): boolean {
  return "isConnected" in channel ? channel.isConnected() : channel.connected === true;
}

/**
 * Serves the connections that {@link sendConnection} sends from the other end of the channel. The hook `adopted` is called for
 * each.
 * @param dataOf makes `socket.data` of the value that came along. Default: the value itself.
 * @returns a function that stops it.
 */
export function receiveConnections<Data>(
  server: Server<Data>,
  from: Channel,
  dataOf: (data: unknown) => Data = (data) => data as Data,
): () => void {
  const receive = (message: unknown, handle: unknown): void => {
    if ((message as Partial<HandOffMessage> | null)?.sansocket !== "hand-off 1") return;
    const { snapshot, waiting, request, data } = message as HandOffMessage;
    if (!(handle instanceof NetSocket)) return; // the peer left while its socket was on the way
    try {
      const moved = {
        snapshot: Buffer.from(snapshot, "base64"),
        waiting: waiting.map((each) =>
          typeof each === "string" ? each : new Uint8Array(Buffer.from(each.bytes, "base64")),
        ),
        request,
      };
      const open = isUntouched(handle) ? acceptedTransport(handle) : fromDuplex(handle);
      if (adopt(server, moved, open, { data: dataOf(data) }) === null) handle.destroy();
    } catch (error) {
      // The `error` hook gets "accept-failed". An exception here would end the process, with all its other connections.
      handle.destroy();
      intakeOf(server as Server<unknown>).acceptFailed(error);
    }
  };
  from.on("message", receive as never);
  return () => void from.off("message", receive as never);
}
