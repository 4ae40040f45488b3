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
  };
}

/**
 * With TLS the handshake is yet to come: `timeouts.handshake` is for both. Who does not finish it is let go of then; the
 * descriptor goes when he does (see DenoTransport.destroy).
 */
async function next(listener: Deno.Listener): Promise<Accepted | null> {
  try {
    const conn = await listener.accept();
    return { open: fromOwnConn(conn), drop: () => conn.close() };
  } catch (error) {
    // Reset while it waited in the kernel: it has no address any more, and Deno gives up on it (ENOTCONN, 2.9.6). A pause
    // for that would let one peer keep all others out.
    if (error instanceof Deno.errors.NotConnected) return null;
    throw error;
  }
}

function listenAt(options: ListenOptions): Deno.Listener {
  const { port = 0, hostname, path, tls, backlog } = options;
  if (path !== undefined && backlog !== undefined) {
    throw new MisuseError("options.backlog: Deno has one for TCP only, not for unix sockets");
  }
  if (path !== undefined) {
    if (tls === undefined) return Deno.listen({ transport: "unix", path });
    throw new MisuseError("options.path and tls exclude each other: Deno has TLS over TCP only");
  }
  const at = (host: string): Deno.Listener => {
    const place = { port, hostname: host, tcpBacklog: backlog ?? BACKLOG };
    if (tls === undefined) return Deno.listen(place);
    const { cert, key } = tls;
    return Deno.listenTls({ ...place, cert, key, alpnProtocols: ["http/1.1"] });
  };
  return hostname === undefined ? onAllAddresses(at) : at(hostname);
}

function addressOf(address: Deno.Addr): NetworkAddress {
  if ("hostname" in address) return { hostname: address.hostname, port: address.port };
  return { path: (address as Deno.UnixAddr).path };
}
