/** Listening with Deno.listen and Deno.listenTls. */
import {
  type Listener,
  MisuseError,
  type NetworkAddress,
  Server,
  ServerError,
  type ServerOptions,
  type TlsServerOptions,
} from "@sansocket/driver";
import { codeOf, fromConn } from "./deno-transport.ts";
import { runtime } from "./runtime.ts";

/** Where to listen: a port, or the path of a unix socket. */
export interface ListenOptions {
  /** Default 0: one that is free; see `server.address`. */
  readonly port?: number;
  /** Default: all addresses of the machine, IPv6 and IPv4. */
  readonly hostname?: string;
  /** A unix socket, in place of a port. Not with `tls`. */
  readonly path?: string;
  /** TLS, with this certificate. Default: none. */
  readonly tls?: TlsServerOptions;
}

export type ServeOptions<Data = undefined> = ServerOptions<Data> & ListenOptions;

/** Connections that the kernel accepts for us while we are busy; as many as it allows. */
const BACKLOG = 4_096;

/** ms until the next try, after accepting has failed: too many open files stay so for a while. */
const ACCEPT_RETRY = 100;

/**
 * A server that does not listen, for `accept` with transports of one's own.
 * @param options.secure whether its connections are TLS, which decides what the server's own origin is. Default false.
 * @throws MisuseError for options that are wrong.
 */
export function createServer<Data = undefined>(
  options: ServerOptions<Data> & { readonly secure?: boolean },
): Server<Data> {
  return new Server<Data>(options, runtime, options.secure === true);
}

/**
 * Listens and serves.
 * @returns the server, once it listens. Rejects with a ServerError "listen-failed", or a MisuseError.
 */
export async function serve<Data = undefined>(options: ServeOptions<Data>): Promise<Server<Data>> {
  const server = new Server<Data>(options, runtime, options.tls !== undefined);
  server.listening(listen(server, options));
  return server;
}

function listen(server: Pick<Server, "accept" | "acceptFailed">, options: ListenOptions): Listener {
  const { port = 0, hostname, path } = options;
  let listener: Deno.Listener;
  try {
    listener = listenAt(options);
  } catch (cause) {
    if (cause instanceof MisuseError) throw cause;
    const where = path ?? `${hostname ?? "all addresses"}, port ${port}`;
    const message = `cannot listen on ${where}: ${codeOf(cause)}`;
    throw new ServerError("listen-failed", message, { cause });
  }
  let isClosed = false;
  const accepting = acceptAll(listener, server, () => isClosed);
  return {
    address: addressOf(listener.addr),
    async close() {
      isClosed = true;
      listener.close();
      await accepting;
    },
  };
}

function listenAt(options: ListenOptions): Deno.Listener {
  const { port = 0, hostname, path, tls } = options;
  if (path !== undefined) {
    if (tls === undefined) return Deno.listen({ transport: "unix", path });
    throw new MisuseError("options.path and tls exclude each other: Deno has TLS over TCP only");
  }
  const at = (host: string): Deno.Listener => {
    const place = { port, hostname: host, tcpBacklog: BACKLOG };
    if (tls === undefined) return Deno.listen(place);
    const { cert, key } = tls;
    return Deno.listenTls({ ...place, cert, key, alpnProtocols: ["http/1.1"] });
  };
  if (hostname !== undefined) return at(hostname);
  try {
    return at("::");
  } catch (error) {
    // Where there is no IPv6, IPv4.
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return at("0.0.0.0");
  }
}

function addressOf(address: Deno.Addr): NetworkAddress {
  if ("hostname" in address) return { hostname: address.hostname, port: address.port };
  return { path: (address as Deno.UnixAddr).path };
}

/**
 * With TLS the handshake is yet to come: `timeouts.handshake` is for both. Who does not finish it is let go of then; the
 * descriptor goes when he does (see DenoTransport.destroy).
 */
async function acceptAll(
  listener: Deno.Listener,
  server: Pick<Server, "accept" | "acceptFailed">,
  isClosed: () => boolean,
): Promise<void> {
  for (;;) {
    let conn: Deno.Conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (isClosed()) return;
      server.acceptFailed(error);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY));
      continue;
    }
    if (!server.accept(fromConn(conn))) conn.close();
  }
}
