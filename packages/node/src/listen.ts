/** Listening with node:net and node:tls. */

import { createServer, type Server as NetServer, type Socket } from "node:net";
import { setImmediate } from "node:timers";
import { createSecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";
import {
  type Acceptor,
  BACKLOG,
  type Listener,
  type ListenOptions,
  type NetworkAddress,
  type OpenTransport,
  type TlsServerOptions,
} from "@sansocket/driver";
import { fromDuplex } from "./node-transport.ts";
import { acceptedTransport, canReadIntoScratch } from "./scratch-reading.ts";
import { requireSocketPath } from "./socket-path.ts";

export async function listen(acceptor: Acceptor, options: ListenOptions): Promise<Listener> {
  const { port = 0, hostname, path, tls, backlog = BACKLOG } = options;
  if (path !== undefined) requireSocketPath(path);
  const transportOf = tls === undefined ? acceptedTransport : securedTransport(tls);
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
    (socket) => {
      if (!acceptor.accept(transportOf(socket))) socket.destroy();
    },
  );
  const host = hostname === undefined ? {} : { host: hostname };
  const place = path === undefined ? { port, ...host, backlog } : { path, backlog };
  await canReadIntoScratch();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
  });
  server.removeAllListeners("error");
  server.on("error", (error) => acceptor.acceptFailed(error));
  return { address: addressOf(server), close: () => close(server) };
}

/**
 * TLS whose handshake is yet to come: a connection counts from the moment it was accepted, and `timeouts.handshake` is for
 * both handshakes. A tls.Server would keep those that are under way to itself.
 */
function securedTransport({ cert, key }: TlsServerOptions): (socket: Socket) => OpenTransport {
  const options: TLSSocketOptions = {
    isServer: true,
    // As a tls.Server has it: of the ciphers that both know, ours decide.
    secureContext: createSecureContext({ cert, key, honorCipherOrder: true }),
    ALPNProtocols: ["http/1.1"],
  };
  return (socket) => (handler) => {
    const secure = new TLSSocket(socket, options);
    // RFC 6455 knows no use for it, and under TLS 1.2 each costs the server more than the client.
    secure.disableRenegotiation();
    secure.on(TLS_FAILED, onTlsFailed);
    return fromDuplex(secure)(handler);
  };
}

/**
 * Of a TLSSocket that no tls.Server has made, Node tells what fails behind the handshake in this event only, which is not
 * documented: a record that does not decrypt, a renegotiation. A tls.Server passes it on as `error`.
 */
const TLS_FAILED = "_tlsError";

function onTlsFailed(this: TLSSocket, error: Error): void {
  this.destroy(error);
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
