/** Listening: what a runtime is asked for, and a server that gets what is accepted. */
import { MisuseError } from "@sansocket/core";
import { isMisuse, messageOf, ServerError } from "../errors.ts";
import { checkOptions } from "../known-options.ts";
import { reasonOf, systemCodeOf } from "../runtime/dialing.ts";
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
  /**
   * Connections that the kernel accepts for the process while it is busy, a whole number from 1 on; the kernel may allow fewer
   * (`net.core.somaxconn`). Default 4,096. Bun, and Deno on a unix socket, choose it themselves: a MisuseError there.
   */
  readonly backlog?: number;
  /** TLS, with this certificate. Default: none. */
  readonly tls?: TlsServerOptions;
}

/** What `serve` takes: a server's options, and where it listens. */
export type ServeOptions<Data = undefined> = ServerOptions<Data> & ListenOptions;

/** Whom a listener gives its connections to. */
export type Acceptor = Pick<Server, "accept" | "acceptFailed">;

/** Throws, or rejects with, whatever the runtime does. */
export type Listen = (acceptor: Acceptor, options: ListenOptions) => Listener | Promise<Listener>;

/**
 * Listens on all addresses, as a runtime does that is given no hostname: IPv6 and IPv4, or IPv4 alone where there is no
 * IPv6, as in many a container.
 */
export function onAllAddresses<Listening>(listenAt: (hostname: string) => Listening): Listening {
  try {
    return listenAt("::");
  } catch (error) {
    if (systemCodeOf(error) === "EADDRINUSE") throw error;
    return listenAt("0.0.0.0");
  }
}

/** Connections that the kernel accepts for us while we are busy: as many as Linux allows. */
export const BACKLOG = 4_096;

/**
 * Looks at what a runtime would understand in its own way, or only when the first client comes.
 * @returns the options to listen by, each read once. With `tls` the connections will be TLS.
 * @throws MisuseError
 */
export function checkServeOptions<Options extends ListenOptions>(given: Options): Options {
  const options = checkOptions("options", given, KNOWN_SERVE_OPTIONS);
  const { port, hostname, path, tls } = options;
  for (const [name, value] of Object.entries({ port, hostname })) {
    if (path === undefined || value === undefined) continue;
    throw new MisuseError(`options.path and options.${name} exclude each other: give one place`);
  }
  if (tls === undefined) return options;
  for (const name of ["cert", "key"] as const) {
    if (tls[name] !== undefined) continue;
    throw new MisuseError(`options.tls.${name} is missing: give it in PEM`);
  }
  return options;
}

/**
 * @returns the server, once it listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal` aborted
 * before, or with a MisuseError.
 */
export async function startListening<S extends Acceptor & Pick<Server, "listening" | "shutdown">>(
  server: S,
  listen: Listen,
  options: ListenOptions & { readonly signal?: AbortSignal },
): Promise<S> {
  const { signal } = options;
  if (signal?.aborted) throw aborted(signal);
  try {
    server.listening(await listen(server, options));
  } catch (cause) {
    void server.shutdown(); // it lets go of options.signal
    throw signal?.aborted ? aborted(signal) : listenFailed(options, cause);
  }
  // The signal has shut the server down, and the listener with it: nobody can be served there.
  if (signal?.aborted) throw aborted(signal);
  return server;
}

function listenFailed(
  { port = 0, hostname = "all addresses", path }: ListenOptions,
  cause: unknown,
): Error {
  if (isMisuse(cause)) return cause;
  const where = path ?? `${hostname}, port ${port}`;
  const why = reasonOf(cause);
  return new ServerError("listen-failed", `cannot listen on ${where}: ${why}`, { cause });
}

/** As `connect` rejects. */
function aborted({ reason }: AbortSignal): ServerError {
  return new ServerError("aborted", `serve was aborted: ${messageOf(reason)}`, { cause: reason });
}
