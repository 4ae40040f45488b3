/** Listening with node:net and node:tls. */
import { createServer as createNetServer, type Server as NetServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import {
  type Acceptor,
  BACKLOG,
  type Listener,
  type ListenOptions,
  type NetworkAddress,
  type OpenTransport,
  tlsTimeout,
} from "@sansocket/driver";
import { fromDuplex } from "./node-transport.ts";
import { acceptedTransport, canReadIntoScratch } from "./scratch-reading.ts";

export async function listen(acceptor: Acceptor, options: ListenOptions): Promise<Listener> {
  const { port = 0, hostname, path, tls } = options;
  const accept = (socket: Socket, open: OpenTransport): void => {
    if (!acceptor.accept(open)) socket.destroy();
  };
  const server =
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
            handshakeTimeout: tlsTimeout(acceptor),
          },
          (socket) => accept(socket, fromDuplex(socket)),
        );
  const host = hostname === undefined ? {} : { host: hostname };
  const place =
    path === undefined ? { port, ...host, backlog: BACKLOG } : { path, backlog: BACKLOG };
  await canReadIntoScratch();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
  });
  // Node tells of a TLS handshake that failed or took too long, and leaves the connection to whoever listens.
  server.on("tlsClientError", (_error, socket: Socket) => void socket.destroy());
  server.removeAllListeners("error");
  server.on("error", (error) => acceptor.acceptFailed(error));
  return { address: addressOf(server), close: () => close(server) };
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
