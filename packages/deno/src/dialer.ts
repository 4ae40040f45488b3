/** Connecting with Deno.connect and Deno.startTls. */
import {
  type Dialed,
  type Dialer,
  MisuseError,
  type NetworkAddress,
  type TlsClientOptions,
  unlessAborted,
} from "@sansocket/driver";
import { DenoTransport, sendAtOnce } from "./deno-transport.ts";

export const dialer: Dialer = { dial };

/**
 * ms between the abort of an attempt and the abort of its `Deno.connect`. Deno loses the descriptor of a connection that is
 * made in the moment in which its signal is aborted (2.9.6: up to 6 of 300 over loopback). Within a second most connections
 * are made, and closed here. A connection that takes longer is seldom made in just the moment of the abort.
 */
const GRACE = 1_000;

async function dial(address: NetworkAddress, signal: AbortSignal): Promise<Dialed> {
  signal.throwIfAborted();
  const tooLate = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const aborted = (): void => {
    timer = setTimeout(() => tooLate.abort(), GRACE);
  };
  signal.addEventListener("abort", aborted);
  const connecting = connectTo(address, tooLate.signal).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", aborted);
  });
  return dialed(await unlessAborted(connecting, signal, (conn) => conn.close()));
}

function connectTo(address: NetworkAddress, signal: AbortSignal): Promise<Deno.Conn> {
  if ("path" in address) return Deno.connect({ transport: "unix", path: address.path });
  return Deno.connect({ ...address, signal });
}

function dialed(conn: Deno.Conn): Dialed {
  let transport: DenoTransport | null = null;
  return {
    open(handler) {
      transport = new DenoTransport(conn, handler, true);
      return transport;
    },
    async startTls(options, serverName, signal) {
      await transport?.idle();
      return dialed(await startTls(conn, options, serverName, signal));
    },
    destroy: () => (transport === null ? conn.close() : transport.destroy()),
  };
}

async function startTls(
  conn: Deno.Conn,
  options: TlsClientOptions,
  hostname: string,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const { ca = [], rejectUnauthorized = true } = options;
  let open = conn;
  const close = (): void => {
    try {
      open.close();
    } catch {
      // The connection is closed, or has become part of a TLS connection.
    }
  };
  signal.addEventListener("abort", close);
  try {
    refuseUnsupported(conn, options);
    sendAtOnce(conn); // now: a TLS connection of Deno's has no `setNoDelay`
    const secure = await Deno.startTls(conn as Deno.TcpConn, {
      hostname,
      caCerts: typeof ca === "string" ? [ca] : [...ca],
      alpnProtocols: ["http/1.1"],
      unsafelyDisableHostnameVerification: !rejectUnauthorized,
    });
    open = secure;
    signal.throwIfAborted();
    await secure.handshake();
    return secure;
  } catch (cause) {
    close();
    if (signal.aborted) throw signal.reason;
    if (rejectUnauthorized || !(cause instanceof Deno.errors.InvalidData)) throw cause;
    const flag = `--unsafely-ignore-certificate-errors=${hostname}`;
    throw new Error(`${cause.message}; rejectUnauthorized: false needs Deno's ${flag}`, { cause });
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function refuseUnsupported(conn: Deno.Conn, { cert, key }: TlsClientOptions): void {
  if (cert !== undefined || key !== undefined) {
    throw new MisuseError("options.tls.cert and key: Deno.startTls has no certificates of clients");
  }
  if (!("setNoDelay" in conn)) {
    throw new Error("Deno has TLS over TCP only, not over unix sockets nor inside of TLS");
  }
}
