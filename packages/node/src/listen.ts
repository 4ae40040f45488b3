/** Listening with node:net and node:tls. */
import cluster from "node:cluster";
import { createServer, Server as NetServer, type Socket } from "node:net";
import process from "node:process";
import {
  type Acceptor,
  BACKLOG,
  type Listener,
  type ListenOptions,
  MisuseError,
  type NetworkAddress,
  withFileMode,
} from "@sansocket/driver";
import { acceptedTransport, canReadIntoScratch } from "./scratch-reading.ts";
import { Securing } from "./securing.ts";
import { requireSocketPath } from "./socket-path.ts";
import { setImmediate } from "./timers.ts";

export async function listen(acceptor: Acceptor, options: ListenOptions): Promise<Listener> {
  requireHonoured(options);
  const { listener, tls } = options;
  const securing = tls === undefined ? null : new Securing(acceptor, tls);
  const onConnection = (socket: Socket): void => {
    const open = securing === null ? acceptedTransport(socket) : securing.transportOf(socket);
    if (!acceptor.accept(open)) socket.destroy();
  };
  const given = listener === undefined ? null : requireListener(listener);
  // A listener that is given accepts already: a connection that comes during the trial has no other chance.
  if (given !== null) takeOver(given, onConnection);
  await canReadIntoScratch();
  const server = given ?? createServer(SOCKETS, onConnection);
  if (given === null) await startListening(server, options);
  server.on("error", (error) => acceptor.acceptFailed(error));
  return {
    address: addressOf(server),
    close: () => close(server),
    ...(securing !== null && { setTls: (given) => securing.replace(given) }),
  };
}

const SOCKETS = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true } as const;

/** Refuses the options that Node accepts and then does not honour. */
function requireHonoured({ path, pathMode, reusePort }: ListenOptions): void {
  if (path !== undefined) requireSocketPath(path);
  if (pathMode !== undefined && process.platform === "win32") {
    throw new MisuseError(
      "options.pathMode: on Windows the place is a pipe, whose file has no mode",
    );
  }
  if (pathMode !== undefined && cluster.isWorker) {
    throw new MisuseError(
      "options.pathMode: under cluster the primary makes the file, by its own umask: call process.umask there",
    );
  }
  if (reusePort === true && !knowsReusePort(process.versions.node)) {
    throw new MisuseError("options.reusePort: Node knows it from 22.12 and 23.1 on");
  }
}

export function knowsReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

/** @throws MisuseError for an object that accepts no connections, or whose connections the application takes. */
function requireListener(value: object): NetServer {
  if (!(value instanceof NetServer)) {
    throw new MisuseError("options.listener is no net.Server: give one of net.createServer()");
  }
  if (value.listenerCount("connection") > 0) {
    throw new MisuseError(
      "options.listener has a listener for the event connection: give a net.Server without one, and the option tls for TLS. " +
        "With a server of node:http, hand the arguments of the event upgrade to handleUpgrade",
    );
  }
  if (!value.listening) {
    throw new MisuseError(
      "options.listener does not listen: call its listen, and wait for the event listening",
    );
  }
  return value;
}

/** Gives the sockets of the application's server the options that the sockets of our own server have. */
function takeOver(server: NetServer, onConnection: (socket: Socket) => void): void {
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    socket.allowHalfOpen = true;
    onConnection(socket);
  });
}

async function startListening(server: NetServer, options: ListenOptions): Promise<void> {
  const { path, pathMode } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    withFileMode(process.umask, path === undefined ? undefined : pathMode, () =>
      server.listen(placeOf(options), resolve),
    );
  });
  server.removeAllListeners("error");
}

function placeOf(options: ListenOptions): object {
  const { port = 0, hostname, path, fd, reusePort, backlog = BACKLOG } = options;
  if (path !== undefined) return { path, backlog };
  if (fd !== undefined) return { fd, backlog };
  return {
    port,
    backlog,
    ...(hostname === undefined ? {} : { host: hostname }),
    // Only where the application asks for it: with `reusePort`, each worker of a cluster listens by itself.
    ...(reusePort === true ? { reusePort } : {}),
  };
}

function addressOf(server: NetServer): NetworkAddress {
  const address = server.address();
  if (address === null || typeof address === "string") return { path: address ?? "" };
  return { hostname: address.address, port: address.port };
}

/** Without Node's callback, which waits for all connections: the server ends them by itself. */
function close(server: NetServer): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
