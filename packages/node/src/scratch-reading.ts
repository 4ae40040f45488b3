/**
 * Reading into one memory for all connections, the engine's inbox, in place of a fresh buffer per read: with it an echo of
 * one message per read costs 4.6 µs, less than the 5.0 µs of a plain TCP echo with `'data'` events (`bench --only echo`, 100x1x64).
 *
 * `onread` is a public option of net.Socket, but for sockets that connect. Node does not document that a socket with `onread`
 * can be made from the handle of an accepted socket. So a trial on a connection of our own comes first, once per process.
 * Where the trial fails, `'data'` events bring the bytes.
 */

import { Buffer } from "node:buffer";
import { createServer, connect as netConnect, Socket } from "node:net";
import type { OpenTransport, TransportHandler } from "@sansocket/driver";
import { fromDuplex, NodeTransport, transportOf } from "./node-transport.ts";
import { setTimeout } from "./timers.ts";

/** The members of an accepted socket that are not public. */
interface Internals {
  _handle: object | null;
  _server: object | null;
  server: object | null;
}

let isKnownToWork: boolean | null = null;
let trial: Promise<boolean> | null = null;

/** Whether sockets can read into the scratch in this process. The first call runs the trial. */
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
  return (handler) => new NodeTransport(takenOver(accepted, handler.inbox), handler);
}

interface OnRead {
  readonly buffer: Buffer;
  readonly callback: (this: Socket, byteCount: number) => boolean;
}

/** The option of all sockets of the thread, over the one inbox of the engine. */
let onRead: OnRead | null = null;

function onReadInto(inbox: Uint8Array<ArrayBuffer>): OnRead {
  if (onRead?.buffer.buffer !== inbox.buffer || onRead.buffer.byteOffset !== inbox.byteOffset) {
    onRead = { buffer: Buffer.from(inbox.buffer, inbox.byteOffset, inbox.length), callback: tell };
  }
  return onRead;
}

/** Node calls this as a method of the socket, so that one function does for all sockets. The trial proves that too. */
function tell(this: Socket, byteCount: number): boolean {
  const transport = transportOf(this);
  transport.handler.onInbox(byteCount);
  transport.wasRead(byteCount);
  return true;
}

/**
 * The same connection as another Socket, which reads into `inbox`. From then on the accepted socket is an empty shell.
 * Nothing may hold on to the shell: it would double the memory of an idle connection.
 */
function takenOver(accepted: Socket, inbox: Uint8Array<ArrayBuffer>): Socket {
  const shell = accepted as unknown as Internals;
  const options = { handle: shell._handle, allowHalfOpen: true, onread: onReadInto(inbox) };
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  // The listening server counts its connections down when this one is destroyed.
  const internals = socket as unknown as Internals;
  internals._server = shell._server;
  internals.server = shell.server;
  shell._handle = null;
  shell._server = null;
  forgetOwnEnd(socket);
  return socket;
}

/**
 * A fresh socket listens to its own `end`, and does nothing there when `allowHalfOpen` is true. Two listeners of one event need
 * an array, which takes 64 bytes of each connection.
 */
function forgetOwnEnd(socket: Socket): void {
  for (const listener of socket.listeners("end")) socket.off("end", listener as () => void);
}

const GREETING = "scratch";
const TRIAL_TIMEOUT = 1_000;

/** Sends back what arrives in its inbox, and hears the end. */
class TrialHandler implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  transport: NodeTransport | null = null;
  private arrived = "";
  private readonly settle: (works: boolean) => void;

  constructor(settle: (works: boolean) => void) {
    this.settle = settle;
  }

  onInbox(byteCount: number): void {
    this.arrived += Buffer.from(this.inbox.buffer, 0, byteCount).toString();
    this.transport?.write([this.inbox.slice(0, byteCount)]);
  }

  onData(): void {
    this.settle(false);
  }

  onEnd(): void {
    this.transport?.endWrite();
  }

  onDrain(): void {}

  onClosed(error?: string): void {
    this.settle(error === undefined && this.arrived === GREETING);
  }
}

/** A connection of our own over loopback: bytes arrive in the scratch, go back, and the end is told. */
async function tryOut(): Promise<boolean> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  try {
    return await new Promise<boolean>((resolve) => {
      const fail = (): void => resolve(false);
      setTimeout(fail, TRIAL_TIMEOUT).unref();
      server.on("error", fail);
      server.on("connection", (accepted) => {
        try {
          const handler = new TrialHandler(resolve);
          handler.transport = new NodeTransport(takenOver(accepted, handler.inbox), handler);
        } catch {
          fail();
        }
      });
      // Exclusive: the primary of a cluster would otherwise listen for it, and take it for a server of the application.
      server.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
        const { port } = server.address() as { port: number };
        const client = netConnect({ port, host: "127.0.0.1" }, () => client.write(GREETING));
        client.on("error", fail);
        client.on("data", () => client.end());
      });
    });
  } catch {
    return false;
  } finally {
    onRead = null;
    server.close();
  }
}

/** For tests of a process in which the trial has failed. */
export function forgetTrial(works: boolean | null): void {
  isKnownToWork = works;
  trial = works === null ? null : Promise.resolve(works);
}
