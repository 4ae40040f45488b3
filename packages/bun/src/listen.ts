/** Listening with Bun.listen. */
import {
  type Acceptor,
  type Listener,
  type ListenOptions,
  MisuseError,
  onAllAddresses,
} from "@sansocket/driver";
import {
  ALPN_HTTP1,
  type BunHandlers,
  BunTransport,
  handlers,
  secureHandlers,
} from "./bun-transport.ts";

export function listen(acceptor: Acceptor, options: ListenOptions): Listener {
  const { port = 0, hostname, path, tls, backlog } = options;
  if (backlog !== undefined) throw new MisuseError("options.backlog: Bun chooses it itself");
  const at = (place: object) =>
    Bun.listen<BunTransport>({
      ...place,
      allowHalfOpen: true,
      ...(tls && { tls: { cert: tls.cert, key: tls.key, ALPNProtocols: ALPN_HTTP1 } }),
      socket: accepting(acceptor, tls !== undefined),
    } as Bun.TCPSocketListenOptions<BunTransport>);
  const atHost = (host: string) => at({ hostname: host, port });
  const listener =
    path !== undefined
      ? at({ unix: path })
      : hostname !== undefined
        ? atHost(hostname)
        : onAllAddresses(atHost);
  return {
    address: path === undefined ? { hostname: listener.hostname, port: listener.port } : { path },
    close() {
      listener.stop();
      return Promise.resolve();
    },
  };
}

/**
 * Bun says nothing when accepting fails (too many open files), and goes on trying: there is nothing to report. With TLS the
 * handshake is yet to come, since there is a handler for it: a connection counts from its accept on, and
 * `timeouts.handshake` is for both handshakes.
 */
function accepting(acceptor: Acceptor, isSecure: boolean): BunHandlers {
  return {
    ...(isSecure ? secureHandlers : handlers),
    open(socket) {
      if (!acceptor.accept(new BunTransport(socket, isSecure).open)) socket.terminate();
    },
  };
}
