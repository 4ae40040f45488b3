/** Listening with Deno.listen and Deno.listenTls. */
import {
  type Accepted,
  type Acceptor,
  acceptAll,
  BACKLOG,
  type Listener,
  type ListenOptions,
  MisuseError,
  type NetworkAddress,
  onAllAddresses,
  refuseOptions,
  withFileMode,
} from "@sansocket/driver";
import { fromOwnConn } from "./deno-transport.ts";

export function listen(acceptor: Acceptor, options: ListenOptions): Listener {
  const listener = listenAt(options);
  let isClosed = false;
  const accepting = acceptAll(acceptor, {
    next: () => next(listener),
    isClosed: () => isClosed,
  });
  return {
    address: addressOf(listener.addr),
    async close() {
      isClosed = true;
      listener.close();
      await accepting;
    },
    ...(options.tls !== undefined && { setTls: refuseNewTls }),
  };
}

/**
 * With TLS the handshake comes later, and `timeouts.handshake` is for both handshakes. A client that does not finish in time
 * is let go of. Its descriptor goes when the client leaves (see DenoTransport.destroy).
 */
async function next(listener: Deno.Listener): Promise<Accepted | null> {
  try {
    const conn = await listener.accept();
    return { open: fromOwnConn(conn), drop: () => conn.close() };
  } catch (error) {
    // The peer has reset the connection while it waited in the kernel. It has no address any more, so that Deno gives up on
    // it (ENOTCONN, 2.9.6). With a pause here one peer could keep all others out.
    if (error instanceof Deno.errors.NotConnected) return null;
    throw error;
  }
}

/** The options that Deno has no API for. */
const NOT_HERE = {
  fd: "Deno listens on no descriptor",
  listener:
    "hand each connection of a Deno.Listener to a server of createServer: server.accept(fromConn(conn))",
};

/** The options of TLS that Deno.listenTls does not have. */
const NO_TLS = {
  serverNames: "Deno.listenTls has one certificate",
  requestCert: "Deno.listenTls asks no client for a certificate",
  minVersion: "Deno.listenTls chooses the version itself, 1.2 or 1.3",
  maxVersion: "Deno.listenTls chooses the version itself, 1.2 or 1.3",
  ciphers: "Deno.listenTls chooses the ciphers itself",
  passphrase: "Deno.listenTls takes no encrypted key: decrypt it before",
};

function listenAt(options: ListenOptions): Deno.Listener {
  const { port = 0, hostname, path, pathMode, tls, backlog, reusePort = false } = options;
  refuseOptions("options", options, NOT_HERE);
  if (tls !== undefined) refuseOptions("options.tls", tls, NO_TLS);
  if (path !== undefined) {
    if (backlog !== undefined) {
      throw new MisuseError("options.backlog: Deno has one for TCP only, not for unix sockets");
    }
    if (tls !== undefined) {
      throw new MisuseError("options.path and tls exclude each other: Deno has TLS over TCP only");
    }
    return withFileMode(Deno.umask, pathMode, () => Deno.listen({ transport: "unix", path }));
  }
  // Without the flag Deno would not throw, but end the process. `listenDatagram` comes with the same flag.
  if (reusePort && !("listenDatagram" in Deno)) {
    throw new MisuseError("options.reusePort needs Deno's flag --unstable-net");
  }
  const at = (host: string): Deno.Listener => {
    const place = {
      port,
      hostname: host,
      tcpBacklog: backlog ?? BACKLOG,
      ...(reusePort ? { reusePort } : {}),
    };
    if (tls === undefined) return Deno.listen(place);
    const { cert, key } = tls;
    return Deno.listenTls({ ...place, cert, key, alpnProtocols: ["http/1.1"] });
  };
  return hostname === undefined ? onAllAddresses(at) : at(hostname);
}

function refuseNewTls(): never {
  throw new MisuseError(
    "setTls: Deno cannot change the certificate of a listener: begin another server, and shut this one down",
  );
}

function addressOf(address: Deno.Addr): NetworkAddress {
  if ("hostname" in address) return { hostname: address.hostname, port: address.port };
  return { path: (address as Deno.UnixAddr).path };
}
