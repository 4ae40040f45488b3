/** Listening: the options that a runtime gets, and the server that gets the accepted connections. */
import { MisuseError } from "@sansocket/core";
import { isMisuse, messageOf, ServerError } from "../errors.ts";
import { checkOptions, type OtherNames } from "../known-options.ts";
import { reasonOf, systemCodeOf } from "../runtime/dialing.ts";
import type { Intake, Listener } from "./intake.ts";
import { intakeOf, type Server } from "./server.ts";
import { KNOWN_SERVE_OPTIONS, OTHER_SERVER_NAMES, type ServerOptions } from "./server-options.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** Where to listen: a port, the path of a unix socket, or a listener that is open already. */
export interface ListenOptions {
  /** Default 0: a free port, which `server.address` tells. */
  readonly port?: number;
  /** Default: all addresses of the machine, IPv6 and IPv4. */
  readonly hostname?: string;
  /** The path of a unix socket, in place of a port. */
  readonly path?: string;
  /**
   * The mode of the unix socket's file, for example 0o660: a process that may write to the file may connect. The file never has
   * more rights than this mode. Default: the rights of 0o777 that the umask of the process allows. On Deno, the option needs
   * `--allow-sys=umask`.
   */
  readonly pathMode?: number;
  /**
   * A descriptor that is bound already, in place of a port. The descriptor comes from systemd or from another process. Node
   * only.
   */
  readonly fd?: number;
  /**
   * Node: a `net.Server` that listens already, in place of a port. The connections that it accepts from then on are served, and
   * `shutdown` closes it.
   */
  readonly listener?: object;
  /**
   * Other processes may listen on the same port, and the kernel spreads the connections over the processes (SO_REUSEPORT).
   * Default false. Node from 22.12 on, Deno with `--unstable-net`, and Bun; a MisuseError elsewhere.
   */
  readonly reusePort?: boolean;
  /**
   * The number of connections that the kernel accepts for the process while the process is busy, a whole number from 1 on. The
   * kernel may allow fewer connections (`net.core.somaxconn`). Default 4,096. Bun, and Deno on a unix socket, choose the number
   * themselves: a MisuseError there.
   */
  readonly backlog?: number;
  /** TLS, with these certificates. Default: no TLS. `server.setTls` replaces the certificates while the server runs. */
  readonly tls?: TlsServerOptions;
}

/** The options of `serve`: the options of a server, and the place where the server listens. */
export type ServeOptions<Data = undefined> = ServerOptions<Data> & ListenOptions;

/** The part of the server to which a listener gives its connections. */
export type Acceptor = Pick<Intake, "accept" | "acceptFailed" | "clientRefused">;

/** Throws the exception of the runtime, or rejects with the exception. */
export type Listen = (acceptor: Acceptor, options: ListenOptions) => Listener | Promise<Listener>;

/**
 * Listens on all addresses, as a runtime does without a hostname: on IPv6 and IPv4, or on IPv4 alone where there is no IPv6.
 * Many containers have no IPv6.
 */
export function onAllAddresses<Listening>(listenAt: (hostname: string) => Listening): Listening {
  try {
    return listenAt("::");
  } catch (error) {
    if (systemCodeOf(error) === "EADDRINUSE") throw error;
    return listenAt("0.0.0.0");
  }
}

/** The number of connections that the kernel accepts for us while we are busy: as many as Linux allows. */
export const BACKLOG = 4_096;

/** Each of these options is a place to listen. Without these options, the place is a port. */
const PLACES = ["listener", "fd", "path"] as const;

/** The places for which an option has an effect. With any other place, the option would have no effect. */
const BELONGS_TO: Readonly<Record<string, readonly string[]>> = {
  fd: ["fd"],
  path: ["path"],
  port: ["port"],
  hostname: ["port"],
  pathMode: ["path"],
  reusePort: ["port"],
  backlog: ["port", "path", "fd"],
};

/** The options that `ws` and Bun.serve have for a server that listens. */
const OTHER_NAMES: OtherNames = {
  ...OTHER_SERVER_NAMES,
  host: "hostname",
  unix: "path",
  cert: "tls: { cert, key }",
  key: "tls: { cert, key }",
};

/** In `ws`, the option `path` is the path of a URL, and goes with a port. */
const A_PATH =
  "path is the file of a unix socket. For the path of a URL, look at request.url.pathname in the hook upgrade";

/**
 * Judges the options that each runtime would understand differently, or would judge only when the first client comes.
 * @returns the options to listen by. Each option was read once. With `tls`, the connections will be TLS.
 * @throws MisuseError
 */
export function checkServeOptions<Options extends ListenOptions>(given: Options): Options {
  const options = checkOptions("options", given, KNOWN_SERVE_OPTIONS, OTHER_NAMES);
  const place = PLACES.find((name) => options[name] !== undefined) ?? "port";
  for (const [name, belongsTo] of Object.entries(BELONGS_TO)) {
    if (options[name as keyof ListenOptions] === undefined || belongsTo.includes(place)) continue;
    throw new MisuseError(
      [...PLACES, "port", "hostname"].includes(name)
        ? `options.${place} and options.${name} exclude each other: ${place === "path" ? A_PATH : "give one place"}`
        : `options.${name} changes nothing there: it goes with ${belongsTo.join(", ")}, and not with ${place}`,
    );
  }
  return options;
}

/**
 * Starts a listener for the server.
 * @returns the server, once the server listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal`
 * aborted before, or with a MisuseError.
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
    void server.shutdown(); // the shutdown stops listening to options.signal
    throw signal?.aborted ? aborted(signal) : listenFailed(options, cause);
  }
  // The signal has shut down the server and its listener: the server can serve no client any more.
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

/** Makes the error of an aborted start, in the same form as `connect` does. */
function aborted({ reason }: AbortSignal): ServerError {
  return new ServerError("aborted", `serve was aborted: ${messageOf(reason)}`, { cause: reason });
}
