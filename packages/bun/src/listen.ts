/** Listening with Bun.listen. */
import {
  type Acceptor,
  CERTIFICATE_MISSING,
  certificateDistrusted,
  type Listener,
  type ListenOptions,
  MisuseError,
  onAllAddresses,
  refuseOptions,
  type TlsServerOptions,
  withFileMode,
} from "@sansocket/driver";
import {
  ALPN_HTTP1,
  type BunHandlers,
  BunTransport,
  handlers,
  secureHandlers,
} from "./bun-transport.ts";

/** The options that Bun has no API for. */
const NOT_HERE = {
  fd: "Bun.listen takes no descriptor",
  listener: "Bun.listen takes no listener that is there",
  backlog: "Bun chooses it itself",
};

const NO_TLS = { serverNames: "Bun.listen has one certificate" };

/** As BoringSSL counts the versions (RFC 8446 §4.2.1). */
const VERSIONS = { "TLSv1.2": 0x0303, "TLSv1.3": 0x0304 };

export function listen(acceptor: Acceptor, options: ListenOptions): Listener {
  const { port = 0, hostname, path, pathMode, tls, reusePort = false } = options;
  refuseOptions("options", options, NOT_HERE);
  if (tls !== undefined) refuseOptions("options.tls", tls, NO_TLS);
  const at = (place: object) =>
    Bun.listen<BunTransport>({
      ...place,
      allowHalfOpen: true,
      ...(tls && { tls: tlsOptions(tls) }),
      socket: accepting(acceptor, tls),
    } as Bun.TCPSocketListenOptions<BunTransport>);
  // Bun listens with `reusePort`, though its types know it of datagrams only (1.4.5).
  const atHost = (host: string) => at({ hostname: host, port, ...(reusePort && { reusePort }) });
  const listener =
    path !== undefined
      ? withFileMode(process.umask, pathMode, () => at({ unix: path }))
      : hostname !== undefined
        ? atHost(hostname)
        : onAllAddresses(atHost);
  return {
    address: path === undefined ? { hostname: listener.hostname, port: listener.port } : { path },
    close() {
      listener.stop();
      return Promise.resolve();
    },
    ...(tls && { setTls: refuseNewTls }),
  };
}

function refuseNewTls(): never {
  throw new MisuseError(
    "setTls: Bun cannot change the certificate of a listener: begin another server, with reusePort on the same port, and " +
      "shut this one down",
  );
}

/** With the defaults of Node. Every default is written out, so that Object.prototype has no say. */
function tlsOptions(tls: TlsServerOptions): object {
  const { cert, key, passphrase, ca = [], ciphers } = tls;
  const { requestCert = false, rejectUnauthorized = true } = tls;
  const { minVersion = "TLSv1.2", maxVersion = "TLSv1.3" } = tls;
  return {
    cert,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(requestCert
      ? { requestCert, rejectUnauthorized, ca: typeof ca === "string" ? ca : [...ca] }
      : {}),
    minVersion: VERSIONS[minVersion],
    maxVersion: VERSIONS[maxVersion],
    ...(ciphers === undefined ? {} : { ciphers }),
    ALPNProtocols: ALPN_HTTP1,
  };
}

/**
 * Bun says nothing when accepting fails (too many open files), and goes on trying: there is nothing to report. With TLS, Bun
 * calls `open` before the handshake, because there is a function for the handshake. So a connection counts from its accept
 * on, and `timeouts.handshake` is for both handshakes.
 */
function accepting(acceptor: Acceptor, tls: TlsServerOptions | undefined): BunHandlers {
  const isSecure = tls !== undefined;
  return {
    ...(isSecure ? secureHandlers : handlers),
    ...(tls?.requestCert === true ? { handshake: judgingClients(acceptor, tls) } : {}),
    open(socket) {
      const isTaken = acceptor.accept((handler) => new BunTransport(socket, isSecure, handler));
      if (!isTaken) socket.terminate();
    },
  };
}

/** Judges the certificate of a client before the client's first byte is told. Bun refuses too, but reports nothing. */
function judgingClients(
  acceptor: Acceptor,
  { rejectUnauthorized = true }: TlsServerOptions,
): NonNullable<BunHandlers["handshake"]> {
  return (socket, _isDone, error) => {
    const certificate = socket.getPeerX509Certificate();
    const code = (error as NodeJS.ErrnoException | null)?.code;
    const distrust = socket.authorized ? null : (code ?? "NO_VERDICT");
    if (certificate !== undefined) socket.data?.shown(certificate, distrust);
    if (rejectUnauthorized && (distrust !== null || certificate === undefined)) {
      acceptor.clientRefused(
        certificate === undefined || distrust === null
          ? CERTIFICATE_MISSING
          : certificateDistrusted(distrust),
      );
      socket.terminate();
      return;
    }
    socket.data?.secured();
  };
}
