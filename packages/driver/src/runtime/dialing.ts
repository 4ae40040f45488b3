/** Connecting: what a runtime has to offer besides a transport. */
import { messageOf, textOf } from "../errors.ts";
import type { NetworkAddress, OpenTransport } from "./transport.ts";

/** For a connection to a server over TLS. */
export interface TlsClientOptions {
  /** Certificates to trust, in PEM, in place of the system's. */
  readonly ca?: string | readonly string[];
  /** A certificate and key of our own, in PEM, for servers that ask for one. */
  readonly cert?: string;
  /** The key of `cert`, in PEM. */
  readonly key?: string;
  /** The name to ask for (SNI) and to check the certificate against. Default: the host of the URL. */
  readonly serverName?: string;
  /** false: any certificate will do, and anybody can read and change what is sent. For tests. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** How an adapter makes connections: TCP or a unix socket, and TLS upon that. */
export interface Dialer {
  /**
   * Connects, and no more: TLS is asked for with {@link Dialed.startTls}.
   * @throws whatever the runtime throws; `signal.reason` when it was aborted.
   */
  dial(address: NetworkAddress, signal: AbortSignal): Promise<Dialed>;
}

/** A connection that was made. */
export interface Dialed {
  /**
   * Its transport. May be called again, with the handler that hears of everything from then on, as long as nothing of
   * what arrived was lost: {@link Transport.pause} was called before.
   */
  readonly open: OpenTransport;
  /** TLS over it, as a client; from then on only what this returns is used. `serverName` has no dot at its end. */
  startTls(options: TlsClientOptions, serverName: string, signal: AbortSignal): Promise<Dialed>;
  /** Lets go of the connection at once. */
  destroy(): void;
}

/** Why something of the runtime failed, in as few words as it has for it. */
export function reasonOf(error: unknown): string {
  return systemCodeOf(error) ?? messageOf(error);
}

/** The runtime's error code, ECONNREFUSED and the like, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  return textOf(error, "code") ?? undefined;
}
