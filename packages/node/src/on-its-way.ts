/**
 * A socket on its way to another process, over the channel of `child_process` or `cluster`.
 *
 * Node keeps the handle of the socket until the other process has said that it has the socket. When that process ends before,
 * Node keeps the handle for ever, calls back for none of the sockets that waited behind it, and emits no event of the
 * channel: a channel with handles on their way puts its end off. The peers would then wait on connections that no process
 * serves. So this file looks after the handles itself.
 */
import type { ChildProcess, SendHandle } from "node:child_process";
import type { Worker } from "node:cluster";
import type { Socket as NetSocket } from "node:net";
import { ConnectionError } from "@sansocket/driver";
import { clearInterval, setInterval } from "./timers.ts";

/** The other end of a channel: a child process, a worker of the cluster, or `process` for the parent. */
export type Channel = ChildProcess | Worker | NodeJS.Process;

/** The members of a socket and of its server that are not public. */
interface SocketInternals {
  _handle: Handle;
  _server: { _connections: number; _emitCloseIfDrained?(): void } | null;
  server: object | null;
}

interface Handle {
  close(callback?: () => void): void;
}

interface OnItsWay {
  readonly socket: NetSocket;
  /** Node takes it from the socket when it sends the socket, and closes it when the other process has the socket. */
  readonly handle: Handle;
  readonly channel: Channel;
  reject(error: unknown): void;
}

const onTheirWay: Set<OnItsWay> = new Set();
let watch: NodeJS.Timeout | null = null;
/** No event tells of the end of such a channel. A peer may wait so long for the end of a connection that is lost already. */
const MS_BETWEEN_LOOKS = 250;

/**
 * @returns resolves when the channel has the message. Rejects when the channel does not take it, or when the other process has
 * ended before; the connection is cut off then, because no process serves it.
 */
export function sendSocket(channel: Channel, message: object, socket: NetSocket): Promise<void> {
  leaveItsServer(socket);
  const { _handle: handle } = socket as unknown as SocketInternals;
  const send = channel.send as (
    message: object,
    handle: SendHandle,
    options: object,
    callback: (error: Error | null) => void,
  ) => boolean;
  return new Promise((resolve, reject) => {
    const traveller: OnItsWay = { socket, handle, channel, reject };
    watchOver(traveller);
    try {
      send.call(channel, message, socket, {}, (error) =>
        error === null ? resolve() : cutOff(traveller, error),
      );
    } catch (error) {
      cutOff(traveller, error); // a message that is no JSON: Node has taken the handle before it looks
    }
  });
}

function watchOver(traveller: OnItsWay): void {
  const { handle } = traveller;
  onTheirWay.add(traveller);
  watch ??= setInterval(lookAround, MS_BETWEEN_LOOKS).unref();
  handle.close = (...given) => {
    Reflect.deleteProperty(handle, "close");
    arrived(traveller);
    handle.close(...given);
  };
}

function arrived(traveller: OnItsWay): void {
  onTheirWay.delete(traveller);
  if (onTheirWay.size > 0 || watch === null) return;
  clearInterval(watch);
  watch = null;
}

function lookAround(): void {
  for (const traveller of onTheirWay) {
    if (!hasEnded(traveller.channel)) continue;
    const message =
      "sendConnection: the other process ended before it had the connection, which is cut off";
    cutOff(traveller, new ConnectionError("aborted", message));
  }
}

/** A channel that was only told to disconnect still sends what waits: it is not connected, and it is there. */
function hasEnded(channel: Channel): boolean {
  const { connected, channel: own } = "process" in channel ? channel.process : channel;
  return connected === false && (own ?? null) === null;
}

function cutOff(traveller: OnItsWay, error: unknown): void {
  const { socket, handle, reject } = traveller;
  socket.destroy();
  // In the hands of Node the socket has no handle any more. To close a handle twice does nothing.
  handle.close();
  arrived(traveller);
  reject(error);
}

/**
 * The server that accepted the connection counts it no more. Node would keep the connection on the books of that server until
 * it ends in the other process, and `close` of the server would wait for it.
 */
function leaveItsServer(socket: NetSocket): void {
  const internals = socket as unknown as SocketInternals;
  const { _server: server } = internals;
  internals._server = null;
  internals.server = null;
  if (!server) return;
  server._connections -= 1;
  server._emitCloseIfDrained?.();
}
