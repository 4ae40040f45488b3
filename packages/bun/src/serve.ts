/** Listening with Bun.listen. */
import {
  type Listener,
  Server,
  ServerError,
  type ServerOptions,
  systemCodeOf,
  type TlsServerOptions,
} from "@sansocket/driver";
import {
  ALPN_HTTP1,
  type BunHandlers,
  BunTransport,
  handlers,
  secureHandlers,
} from "./bun-transport.ts";
import { runtime } from "./runtime.ts";

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

type Accepting = Pick<Server, "accept" | "timeouts">;
type Socket = Bun.Socket<BunTransport>;

function listen(server: Accepting, options: ListenOptions): Listener {
  const { port = 0, hostname, path, tls } = options;
  const place = path === undefined ? { hostname: hostname ?? "::", port } : { unix: path };
  try {
    const listener = Bun.listen<BunTransport>({
      ...place,
      allowHalfOpen: true,
      ...(tls && { tls: { cert: tls.cert, key: tls.key, ALPNProtocols: ALPN_HTTP1 } }),
      socket: tls === undefined ? accepting(server) : handshaking(server),
    } as Bun.TCPSocketListenOptions<BunTransport>);
    return {
      address: path === undefined ? { hostname: listener.hostname, port: listener.port } : { path },
      close() {
        listener.stop();
        return Promise.resolve();
      },
    };
  } catch (cause) {
    const where = path ?? `${hostname ?? "all addresses"}, port ${port}`;
    const why = systemCodeOf(cause) ?? String(cause);
    throw new ServerError("listen-failed", `cannot listen on ${where}: ${why}`, { cause });
  }
}

function accepting(server: Accepting): BunHandlers {
  return { ...handlers, open: (socket) => accept(server, socket, false) };
}

/** Bun says nothing when accepting fails (too many open files), and goes on trying: there is nothing to report. */
function accept(server: Accepting, socket: Socket, isSecure: boolean): void {
  if (!server.accept(new BunTransport(socket, isSecure).open)) socket.terminate();
}

/** With TLS there is nothing to write to before the handshake, which must not take for ever. */
function handshaking(server: Accepting): BunHandlers {
  const timers: Map<Socket, Timer> = new Map();
  const settle = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  return {
    ...secureHandlers,
    open(socket) {
      const limit = Math.min(server.timeouts.handshake || DEFAULT_TLS_TIMEOUT, LONGEST_DELAY);
      timers.set(socket, setTimeout(() => socket.terminate(), limit).unref());
    },
    handshake(socket, isDone) {
      settle(socket);
      if (isDone) accept(server, socket, true);
    },
    close(socket, error) {
      settle(socket);
      socket.data?.closed(error);
    },
  };
}

/** ms, of the TLS handshake, when `timeouts.handshake` is off. As Node's. */
const DEFAULT_TLS_TIMEOUT = 120_000;

/** ms; timers with more fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;
