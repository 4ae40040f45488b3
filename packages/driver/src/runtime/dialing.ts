/** Connecting: the part that a runtime offers besides a transport. */
import { messageOf, textOf } from "../errors.ts";
import type { NetworkAddress, OpenTransport } from "./transport.ts";

/** Options for a connection to a server over TLS. */
export interface TlsClientOptions {
  /** Certificates to trust, in PEM, in place of the system's. */
  readonly ca?: string | readonly string[];
  /** A certificate and key of our own, in PEM, for servers that ask for one. */
  readonly cert?: string;
  /** The key of `cert`, in PEM. */
  readonly key?: string;
  /** The name to ask for (SNI) and to check the certificate against. Default: the host of the URL. */
  readonly serverName?: string;
  /** false: any certificate will do, so that anybody can read and change the bytes. For tests. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** How an adapter makes connections: TCP or a unix socket, and TLS upon that. */
export interface Dialer {
  /**
   * Connects, and no more: {@link Dialed.startTls} adds TLS.
   * @throws the error of the runtime. Throws `signal.reason` when the signal was aborted.
   */
  dial(address: NetworkAddress, signal: AbortSignal): Promise<Dialed>;
}

/** A connection that was made. */
export interface Dialed {
  /** Its transport. Called once at most: where one handler follows another, a relay stands between them. */
  readonly open: OpenTransport;
  /**
   * TLS over the connection, as a client. From then on the caller uses only the connection that this returns. Where {@link
   * open} was called before, the transport is paused. `serverName` has no dot at its end.
   */
  startTls(options: TlsClientOptions, serverName: string, signal: AbortSignal): Promise<Dialed>;
  /** Lets go of the connection at once. */
  destroy(): void;
}

/**
 * Waits for a connection of a runtime that knows no signal, or does not follow a signal well.
 * @param drop lets go of a connection that is made behind the abort.
 * @returns the connection. Rejects with `signal.reason` at the abort, and with the reason of `connecting`.
 */
export function unlessAborted<Made>(
  connecting: Promise<Made>,
  signal: AbortSignal,
  drop: (made: Made) => void,
): Promise<Made> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
    connecting
      .then((made) => (signal.aborted ? drop(made) : resolve(made)), reject)
      .finally(() => signal.removeEventListener("abort", aborted));
  });
}

/** Why something of the runtime failed, in the fewest words that the runtime has for it. */
export function reasonOf(error: unknown): string {
  return systemCodeOf(error) ?? messageOf(error);
}

/** The runtime's error code, ECONNREFUSED and the like, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  return textOf(error, "code") ?? undefined;
}
