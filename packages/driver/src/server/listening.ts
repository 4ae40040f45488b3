/** Listening: what a runtime is asked for, and a server that gets what is accepted. */
import { MisuseError } from "@sansocket/core";
import { isMisuse, messageOf, ServerError } from "../errors.ts";
import { checkOptions } from "../known-options.ts";
import { reasonOf, systemCodeOf } from "../runtime/dialing.ts";
import type { Intake, Listener } from "./intake.ts";
import { intakeOf, type Server } from "./server.ts";
import { KNOWN_SERVE_OPTIONS, type ServerOptions } from "./server-options.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** Where to listen: a port, the path of a unix socket, or a listener that is open already. */
export interface ListenOptions {
  /** Default 0: one that is free; see `server.address`. */
  readonly port?: number;
  /** Default: all addresses of the machine, IPv6 and IPv4. */
  readonly hostname?: string;
  /** A unix socket, in place of a port. */
  readonly path?: string;
  /**
   * The mode of the unix socket's file, as 0o660; who may write to it may connect. The file never has more rights than that.
   * Default: what the process's umask leaves of 0o777. On Deno it needs `--allow-sys=umask`.
   */
  readonly pathMode?: number;
  /** A descriptor that is bound already, in place of a port: of systemd, or of another process. Node only. */
  readonly fd?: number;
  /**
   * Node: a `net.Server` that listens already, in place of a port. The connections that it accepts from then on are served, and
   * `shutdown` closes it.
   */
  readonly listener?: object;
  /**
   * Other processes may listen on the same port, and the kernel spreads the connections over them (SO_REUSEPORT). Default
   * false. Node from 22.12 on, Deno with `--unstable-net`, and Bun; a MisuseError elsewhere.
   */
  readonly reusePort?: boolean;
  /**
   * Connections that the kernel accepts for the process while it is busy, a whole number from 1 on; the kernel may allow fewer
   * (`net.core.somaxconn`). Default 4,096. Bun, and Deno on a unix socket, choose it themselves: a MisuseError there.
   */
  readonly backlog?: number;
  /** TLS, with these certificates. Default: none. `server.setTls` replaces them while the server runs. */
  readonly tls?: TlsServerOptions;
}

/** The options of `serve`: the options of a server, and the place where the server listens. */
export type ServeOptions<Data = undefined> = ServerOptions<Data> & ListenOptions;

/** The server, as a listener gives its connections to it. */
export type Acceptor = Pick<Intake, "accept" | "acceptFailed" | "clientRefused">;

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

/** Each is a place by itself; without any of them it is a port. */
const PLACES = ["listener", "fd", "path"] as const;

/** Which place an option says something about: elsewhere it would change nothing. */
const BELONGS_TO: Readonly<Record<string, readonly string[]>> = {
  fd: ["fd"],
  path: ["path"],
  port: ["port"],
  hostname: ["port"],
  pathMode: ["path"],
  reusePort: ["port"],
  backlog: ["port", "path", "fd"],
};

/**
 * Judges the options that each runtime would understand differently, or would judge only when the first client comes.
 * @returns the options to listen by, each read once. With `tls` the connections will be TLS.
 * @throws MisuseError
 */
export function checkServeOptions<Options extends ListenOptions>(given: Options): Options {
  const options = checkOptions("options", given, KNOWN_SERVE_OPTIONS);
  const place = PLACES.find((name) => options[name] !== undefined) ?? "port";
  for (const [name, belongsTo] of Object.entries(BELONGS_TO)) {
    if (options[name as keyof ListenOptions] === undefined || belongsTo.includes(place)) continue;
    throw new MisuseError(
      [...PLACES, "port", "hostname"].includes(name)
        ? `options.${place} and options.${name} exclude each other: give one place`
        : `options.${name} changes nothing there: it goes with ${belongsTo.join(", ")}, and not with ${place}`,
    );
  }
  return options;
}

/**
 * @returns the server, once it listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal` aborted
 * before, or with a MisuseError.
 */
export async function startListening<S extends Server<unknown>>(
  server: S,
  listen: Listen,
  options: ListenOptions & { readonly signal?: AbortSignal },
): Promise<S> {
  const { signal } = options;
  if (signal?.aborted) throw aborted(signal);
  try {
    const intake = intakeOf(server);
    intake.listening(await listen(intake, options));
  } catch (cause) {
    void server.shutdown(); // it lets go of options.signal
    throw signal?.aborted ? aborted(signal) : listenFailed(options, cause);
  }
  // The signal has shut down the server and its listener: no client can be served any more.
  if (signal?.aborted) throw aborted(signal);
  return server;
}

function listenFailed(
  { port = 0, hostname = "all addresses", path, fd }: ListenOptions,
  cause: unknown,
): Error {
  if (isMisuse(cause)) return cause;
  const descriptor = fd === undefined ? undefined : `descriptor ${fd}`;
  const where = path ?? descriptor ?? `${hostname}, port ${port}`;
  const why = reasonOf(cause);
  return new ServerError("listen-failed", `cannot listen on ${where}: ${why}`, { cause });
}

/** As `connect` rejects. */
function aborted({ reason }: AbortSignal): ServerError {
  return new ServerError("aborted", `serve was aborted: ${messageOf(reason)}`, { cause: reason });
}
