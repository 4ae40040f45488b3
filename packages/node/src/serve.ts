/** Listening with node:net and node:tls, and connections that an HTTP server has accepted. */
import type { IncomingMessage } from "node:http";
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import {
  type Listener,
  type NetworkAddress,
  type OpenTransport,
  Server,
  ServerError,
  type ServerOptions,
  type TlsServerOptions,
} from "@sansocket/driver";
import { fromDuplex } from "./node-transport.ts";
import { runtime } from "./runtime.ts";
import { acceptedTransport, canReadIntoScratch } from "./scratch-reading.ts";

/** Where to listen: a port, or the path of a unix socket. */
export interface ListenOptions {
  /** Default 0: one that is free; see `server.address`. */
  readonly port?: number;
  /** Default: all addresses of the machine, IPv6 and IPv4. */
  readonly hostname?: string;
  /** A unix socket, in place of a port. */
  readonly path?: string;
  /** TLS, with this certificate. Default: none. */
  readonly tls?: TlsServerOptions;
}

export type ServeOptions<Data = undefined> = ServerOptions<Data> & ListenOptions;

/** Connections that the kernel accepts for us while we are busy; as many as it allows. */
const BACKLOG = 4_096;

export class NodeServer<Data = undefined> extends Server<Data> {
  /**
   * Serves a request that a `node:http` or `node:https` server has taken for an upgrade:
   * `http.on("upgrade", (request, socket, head) => server.handleUpgrade(socket, request, head))`.
   * @param head what came behind the request, in the same packet.
   */
  handleUpgrade(socket: Duplex, request: IncomingMessage, head: Uint8Array): void {
    const { setTimeout, setNoDelay } = socket as Partial<Socket>;
    setTimeout?.call(socket, 0); // the HTTP server's idea of how long a connection may be silent
    setNoDelay?.call(socket, true);
    // The request is judged where all are: by the engine, from its octets.
    const first = Buffer.concat([Buffer.from(headOf(request), "latin1"), head]);
    if (this.accept(fromDuplex(socket, first))) return;
    socket.on("error", () => {});
    socket.end(
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
  }
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/**
 * A server that does not listen: for {@link NodeServer.handleUpgrade}, and for `accept` with transports of one's own.
 * @param options.secure whether its connections are TLS, which decides what the server's own origin is. Default false.
 * @throws MisuseError for options that are wrong.
 */
export function createServer<Data = undefined>(
  options: ServerOptions<Data> & { readonly secure?: boolean },
): NodeServer<Data> {
  void canReadIntoScratch();
  return new NodeServer<Data>(options, runtime, options.secure === true);
}

/**
 * Listens and serves.
 * @returns the server, once it listens. Rejects with a ServerError "listen-failed", or a MisuseError.
 */
export async function serve<Data = undefined>(
  options: ServeOptions<Data>,
): Promise<NodeServer<Data>> {
  const server = new NodeServer<Data>(options, runtime, options.tls !== undefined);
  const [listener] = await Promise.all([listen(server, options), canReadIntoScratch()]);
  server.listening(listener);
  return server;
}

async function listen(
  server: Pick<Server, "accept" | "acceptFailed" | "timeouts">,
  options: ListenOptions,
): Promise<Listener> {
  const { port = 0, hostname, path, tls } = options;
  const accept = (socket: Socket, open: OpenTransport): void => {
    if (!server.accept(open)) socket.destroy();
  };
  const netServer =
    tls === undefined
      ? createNetServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
          accept(socket, acceptedTransport(socket)),
        )
      : createTlsServer(
          {
            cert: tls.cert,
            key: tls.key,
            allowHalfOpen: true,
            noDelay: true,
            ALPNProtocols: ["http/1.1"],
            handshakeTimeout: server.timeouts.handshake || 120_000,
          },
          (socket) => accept(socket, fromDuplex(socket)),
        );
  const place =
    path === undefined
      ? { port, ...(hostname === undefined ? {} : { host: hostname }), backlog: BACKLOG }
      : { path, backlog: BACKLOG };
  await new Promise<void>((resolve, reject) => {
    netServer.once("error", (cause: NodeJS.ErrnoException) => {
      const where = path ?? `${hostname ?? "all addresses"}, port ${port}`;
      const message = `cannot listen on ${where}: ${cause.code ?? cause.message}`;
      reject(new ServerError("listen-failed", message, { cause }));
    });
    netServer.listen(place, resolve);
  });
  // Node tells of a TLS handshake that failed or took too long, and leaves the connection to whoever listens.
  netServer.on("tlsClientError", (_error, socket: Socket) => void socket.destroy());
  netServer.removeAllListeners("error");
  netServer.on("error", (error) => server.acceptFailed(error));
  return { address: addressOf(netServer), close: () => close(netServer) };
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
