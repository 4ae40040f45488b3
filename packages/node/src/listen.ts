/** Listening with node:net and node:tls. */
import cluster from "node:cluster";
import { createServer, Server as NetServer, type Socket } from "node:net";
import process from "node:process";
import { setImmediate } from "node:timers";
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

export async function listen(acceptor: Acceptor, options: ListenOptions): Promise<Listener> {
  requireHonoured(options);
  const { listener, tls } = options;
  const securing = tls === undefined ? null : new Securing(acceptor, tls);
  const onConnection = (socket: Socket): void => {
    const open = securing === null ? acceptedTransport(socket) : securing.transportOf(socket);
    if (!acceptor.accept(open)) socket.destroy();
  };
  const given = listener === undefined ? null : requireListener(listener);
  await canReadIntoScratch();
  const server = given ?? createServer(SOCKETS, onConnection);
  if (given === null) await startListening(server, options);
  else takeOver(given, onConnection);
  server.on("error", (error) => acceptor.acceptFailed(error));
  return {
    address: addressOf(server),
    close: () => close(server),
    ...(securing !== null && { setTls: (given) => securing.replace(given) }),
  };
}

const SOCKETS = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true } as const;

/** What Node says nothing about, and does not do. */
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

/** @throws MisuseError for what accepts no connections, or has somebody who takes them. */
function requireListener(value: object): NetServer {
  if (!(value instanceof NetServer)) {
    throw new MisuseError("options.listener is no net.Server: give one of net.createServer()");
  }
  if (value.listenerCount("connection") > 0) {
    throw new MisuseError(
      "options.listener has somebody who takes its connections: give a net.Server that has nobody, and the option tls for " +
        "TLS; of a server of node:http hand on what the event upgrade brings, to handleUpgrade",
    );
  }
  if (!value.listening) {
    throw new MisuseError(
      "options.listener does not listen: call its listen, and wait for the event listening",
    );
  }
  return value;
}

/** With the options that our own has. */
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
    // Said only where it is wanted: with it, the workers of a cluster listen each by itself.
    ...(reusePort === true ? { reusePort } : {}),
  };
}

function addressOf(server: NetServer): NetworkAddress {
  const address = server.address();
  if (address === null || typeof address === "string") return { path: address ?? "" };
  return { hostname: address.address, port: address.port };
}

/** Node's own callback waits for all connections, of which this server knows more. */
function close(server: NetServer): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
