/**
 * Reading into one memory for all connections, the engine's inbox, in place of a fresh buffer per read: 1.97 to 0.66 µs of
 * user time per message where each read brings one (performance notes in docs).
 *
 * `onread` is a public option of net.Socket, but for sockets that connect. That a socket can be made with it from the
 * handle of an accepted one is not documented, so it is tried out first, once per process, on a connection of our own;
 * where it does not work, `'data'` events do.
 */
import { createServer, connect as netConnect, Socket } from "node:net";
import type { OpenTransport, TransportHandler } from "@sansocket/driver";
import { fromDuplex, NodeTransport } from "./node-transport.ts";

/** What an accepted socket has besides its public members. */
interface Internals {
  _handle: object | null;
  _server: object | null;
  server: object | null;
}

let isKnownToWork: boolean | null = null;
let trial: Promise<boolean> | null = null;

/** Whether {@link scratchReading} works here. Tried out at the first call. */
export function canReadIntoScratch(): Promise<boolean> {
  trial ??= tryOut().then((works) => {
    isKnownToWork = works;
    return works;
  });
  return trial;
}

/** The transport of an accepted socket that nobody has read from yet. */
export function acceptedTransport(socket: Socket): OpenTransport {
  return isKnownToWork === true ? scratchReading(socket) : fromDuplex(socket);
}

function scratchReading(accepted: Socket): OpenTransport {
  return (handler) => {
    const socket = socketInto(accepted, handler.inbox, (byteCount) => {
      transport.handler.onInbox(byteCount);
    });
    const transport = new NodeTransport(socket, handler);
    return transport;
  };
}

/** One Buffer over the engine's inbox, for all sockets of the thread. */
let scratch: Buffer | null = null;

function scratchOver(inbox: Uint8Array<ArrayBuffer>): Buffer {
  if (scratch?.buffer !== inbox.buffer || scratch.byteOffset !== inbox.byteOffset) {
    scratch = Buffer.from(inbox.buffer, inbox.byteOffset, inbox.length);
  }
  return scratch;
}

/** The same connection as another Socket, which reads into `inbox`. The accepted one is an empty shell from then on. */
function socketInto(
  accepted: Socket,
  inbox: Uint8Array<ArrayBuffer>,
  onRead: (byteCount: number) => void,
): Socket {
  const shell = accepted as unknown as Internals;
  const options = {
    handle: shell._handle,
    allowHalfOpen: true,
    onread: {
      buffer: scratchOver(inbox),
      callback: (byteCount: number): boolean => {
        onRead(byteCount);
        return true;
      },
    },
  };
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  // The listening server counts its connections down when this one is destroyed.
  const internals = socket as unknown as Internals;
  internals._server = shell._server;
  internals.server = shell.server;
  shell._handle = null;
  shell._server = null;
  return socket;
}

const GREETING = "scratch";
const TRIAL_TIMEOUT = 1_000;

/** A connection of our own over loopback: octets arrive in the scratch, go back, and the end is told. */
async function tryOut(): Promise<boolean> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const inbox = new Uint8Array(64);
  let arrived = "";
  try {
    return await new Promise<boolean>((resolve) => {
      const fail = (): void => resolve(false);
      setTimeout(fail, TRIAL_TIMEOUT).unref();
      server.on("error", fail);
      server.on("connection", (accepted) => {
        try {
          const socket = socketInto(accepted, inbox, (byteCount) => {
            arrived += Buffer.from(inbox.buffer, 0, byteCount).toString();
            socket.write(arrived);
          });
          socket.on("error", fail);
          socket.on("end", () => {
            socket.end();
            socket.on("close", () => resolve(arrived === GREETING));
          });
        } catch {
          fail();
        }
      });
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as { port: number };
        const client = netConnect({ port, host: "127.0.0.1" }, () => client.write(GREETING));
        client.on("error", fail);
        client.on("data", () => client.end());
      });
    });
  } catch {
    return false;
  } finally {
    scratch = null;
    server.close();
  }
}

/** For tests: what a process does where the trial has failed. */
export function forgetTrial(works: boolean | null): void {
  isKnownToWork = works;
  trial = works === null ? null : Promise.resolve(works);
}

export type { TransportHandler };
