/** Listening with Bun.listen. */
import { type Acceptor, type Listener, type ListenOptions, tlsTimeout } from "@sansocket/driver";
import {
  ALPN_HTTP1,
  type BunHandlers,
  BunTransport,
  handlers,
  secureHandlers,
} from "./bun-transport.ts";

type Socket = Bun.Socket<BunTransport>;

export function listen(acceptor: Acceptor, options: ListenOptions): Listener {
  const { port = 0, hostname = "::", path, tls } = options;
  const listener = Bun.listen<BunTransport>({
    ...(path === undefined ? { hostname, port } : { unix: path }),
    allowHalfOpen: true,
    ...(tls && { tls: { cert: tls.cert, key: tls.key, ALPNProtocols: ALPN_HTTP1 } }),
    socket: tls === undefined ? accepting(acceptor) : handshaking(acceptor),
  } as Bun.TCPSocketListenOptions<BunTransport>);
  return {
    address: path === undefined ? { hostname: listener.hostname, port: listener.port } : { path },
    close() {
      listener.stop();
      return Promise.resolve();
    },
  };
}

function accepting(acceptor: Acceptor): BunHandlers {
  return { ...handlers, open: (socket) => accept(acceptor, socket, false) };
}

/** Bun says nothing when accepting fails (too many open files), and goes on trying: there is nothing to report. */
function accept(acceptor: Acceptor, socket: Socket, isSecure: boolean): void {
  if (!acceptor.accept(new BunTransport(socket, isSecure).open)) socket.terminate();
}

/** With TLS there is nothing to write to before the handshake, which must not take for ever. */
function handshaking(acceptor: Acceptor): BunHandlers {
  const timers: Map<Socket, Timer> = new Map();
  const settle = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  return {
    ...secureHandlers,
    open(socket) {
      const timer = setTimeout(() => socket.terminate(), tlsTimeout(acceptor));
      timers.set(socket, timer.unref());
    },
    handshake(socket, isDone) {
      settle(socket);
      if (isDone) accept(acceptor, socket, true);
    },
    close(socket, error) {
      settle(socket);
      socket.data?.closed(error);
    },
  };
}
