/** Listening: what a runtime is asked for, and a server that gets what is accepted. */
import { MisuseError } from "@sansocket/core";
import { messageOf, ServerError } from "../errors.ts";
import { systemCodeOf } from "../runtime/dialing.ts";
import type { Listener, Server } from "./server.ts";
import type { ServerOptions, TlsServerOptions } from "./server-options.ts";

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

/** Whom a listener gives its connections to. */
export type Acceptor = Pick<Server, "accept" | "acceptFailed" | "timeouts">;

/** Throws, or rejects with, whatever the runtime does. */
export type Listen = (acceptor: Acceptor, options: ListenOptions) => Listener | Promise<Listener>;

/** Connections that the kernel accepts for us while we are busy: as many as Linux allows. */
export const BACKLOG = 4_096;

/** ms, of the TLS handshake, when `timeouts.handshake` is off. As Node's. */
const DEFAULT_TLS_TIMEOUT = 120_000;
/** ms; timers with more fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** How long a client may take for the TLS handshake, before there is a connection that has timers. ms */
export function tlsTimeout({ timeouts }: Acceptor): number {
  return Math.min(timeouts.handshake || DEFAULT_TLS_TIMEOUT, LONGEST_DELAY);
}

/** @returns the server, once it listens. Rejects with a ServerError "listen-failed", or a MisuseError. */
export async function startListening<S extends Acceptor & Pick<Server, "listening">>(
  server: S,
  listen: Listen,
  options: ListenOptions,
): Promise<S> {
  const { port = 0, hostname = "all addresses", path } = options;
  try {
    server.listening(await listen(server, options));
    return server;
  } catch (cause) {
    if (cause instanceof MisuseError) throw cause;
    const where = path ?? `${hostname}, port ${port}`;
    const why = systemCodeOf(cause) ?? messageOf(cause);
    throw new ServerError("listen-failed", `cannot listen on ${where}: ${why}`, { cause });
  }
}
