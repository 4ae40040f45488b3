/**
 * Connecting with Bun.connect. TLS is always begun on a connection that is made, with a proxy or without one: TLS is as fast
 * so as from the start (1.4 GiB/s both, Bun 1.4.5).
 */
import {
  type Dialed,
  type Dialer,
  type NetworkAddress,
  Relay,
  type TlsClientOptions,
  unlessAborted,
} from "@sansocket/driver";
import { ALPN_HTTP1, BunTransport, handlers, secureHandlers } from "./bun-transport.ts";

type Socket = Bun.Socket<BunTransport>;

export const dialer: Dialer = { dial };

async function dial(address: NetworkAddress, signal: AbortSignal): Promise<Dialed> {
  const connecting = Bun.connect<BunTransport>({
    ...("path" in address ? { unix: address.path } : address),
    allowHalfOpen: true,
    socket: { ...handlers, open: (socket) => void new BunTransport(socket, false, new Relay()) },
  } as Bun.TCPSocketConnectOptions<BunTransport>);
  return dialed(await unlessAborted(connecting, signal, (socket) => void socket.terminate()));
}

/** A relay keeps what happens before somebody listens. */
function dialed(socket: Socket): Dialed {
  const { data: transport } = socket;
  const relay = transport.handler as Relay;
  return {
    open(handler) {
      relay.passTo(handler);
      return transport;
    },
    startTls: (options, name, signal) => shakeHands(socket, options, name, signal).then(dialed),
    destroy: () => socket.terminate(),
  };
}

/**
 * Whether there is TLS, whatever the certificate says. Bun calls the handshake failed too when the handshake is done and the
 * certificate is that of another host. There is no cipher only where the handshake has really failed (1.4.5).
 */
function isAgreed(secure: Socket): boolean {
  return Boolean(secure.getCipher().name);
}

function shakeHands(
  socket: Socket,
  { ca, cert, key, rejectUnauthorized = true }: TlsClientOptions,
  serverName: string,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise<Socket>((resolve, reject) => {
    const closed = new Error("the connection was closed before the TLS handshake was done");
    if (socket.readyState < 1) throw closed;
    const sockets: Socket[] | undefined = socket.upgradeTLS<BunTransport>({
      tls: {
        ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        rejectUnauthorized,
        serverName,
        ALPNProtocols: ALPN_HTTP1,
      },
      socket: {
        ...secureHandlers,
        open: (secure) => void new BunTransport(secure, true, new Relay()),
        handshake(secure, isDone, error) {
          signal.removeEventListener("abort", aborted);
          const isWanted = rejectUnauthorized ? isDone && secure.authorized : isAgreed(secure);
          if (isWanted) {
            secure.data.secured();
            return resolve(secure);
          }
          reject(error ?? new Error("the certificate is not trusted"));
          secure.terminate();
        },
        close(secure, error) {
          signal.removeEventListener("abort", aborted);
          reject(error ?? closed);
          secure.data.gone(error);
        },
      },
    });
    if (sockets === undefined) throw new Error("Bun cannot do TLS inside of TLS");
    const [raw, secure] = sockets as [Socket, Socket];
    const aborted = (): void => secure.terminate(); // `close` rejects
    signal.addEventListener("abort", aborted);
    // Bun goes on to tell the socket below of every encrypted byte, unless that socket has no function for data.
    raw.reload({ socket: { drain() {} } });
  });
}
