/** Listening: what a runtime is asked for, and a server that gets what is accepted. */
import { MisuseError } from "@sansocket/core";
import { messageOf, ServerError } from "../errors.ts";
import { type KnownNames, refuseUnknownOptions } from "../known-options.ts";
import { systemCodeOf } from "../runtime/dialing.ts";
import type { Listener, Server } from "./server.ts";
import {
  KNOWN_SERVE_OPTIONS,
  type ServerOptions,
  type TlsServerOptions,
} from "./server-options.ts";

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

const KNOWN_TLS: KnownNames<TlsServerOptions> = { cert: true, key: true };

/**
 * Looks at what a runtime would understand in its own way, or only when the first client comes.
 * @returns whether the connections will be TLS.
 * @throws MisuseError
 */
export function checkServeOptions(options: ListenOptions): boolean {
  refuseUnknownOptions("options", options, KNOWN_SERVE_OPTIONS);
  const { port = 0, hostname = "", path = "", tls } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MisuseError(`options.port is ${String(port)}: give a number from 0 to 65535`);
  }
  for (const [name, value] of Object.entries({ hostname, path })) {
    if (typeof value !== "string") throw new MisuseError(`options.${name} is not a string`);
  }
  if (tls === undefined) return false;
  refuseUnknownOptions("options.tls", tls, KNOWN_TLS);
  for (const name of ["cert", "key"] as const) {
    if (typeof tls[name] === "string" && tls[name] !== "") continue;
    throw new MisuseError(`options.tls.${name} is not a string: give it in PEM`);
  }
  return true;
}

/** @returns the server, once it listens. Rejects with a ServerError "listen-failed", or a MisuseError. */
export async function startListening<S extends Acceptor & Pick<Server, "listening" | "shutdown">>(
  server: S,
  listen: Listen,
  options: ListenOptions,
): Promise<S> {
  const { port = 0, hostname = "all addresses", path } = options;
  try {
    server.listening(await listen(server, options));
    return server;
  } catch (cause) {
    void server.shutdown(); // it lets go of options.signal
    if (cause instanceof MisuseError) throw cause;
    const where = path ?? `${hostname}, port ${port}`;
    const why = systemCodeOf(cause) ?? messageOf(cause);
    throw new ServerError("listen-failed", `cannot listen on ${where}: ${why}`, { cause });
  }
}
