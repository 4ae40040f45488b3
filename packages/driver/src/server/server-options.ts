/** The options of a server, and the settings that the server makes from the options once. */

import {
  type Extension,
  givenOptions,
  type Limits,
  MisuseError,
  type ServerSettings,
  serverSettings,
  type Timeouts,
  watchFrames,
} from "@sansocket/core";
import { definedMembers } from "../defined-members.ts";
import { checkOptions, type KnownOptions, type OtherNames } from "../known-options.ts";
import {
  aBacklog,
  aBoolean,
  aBooleanOrCount,
  aCount,
  aDescriptor,
  aFileMode,
  aFunction,
  aPort,
  aSignal,
  aString,
  judgedLater,
} from "../option-kinds.ts";
import { aDeflate, type Deflate, withDeflate } from "../per-message-deflate.ts";
import { protocolList } from "../protocol-list.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Behaviour, behaviourOf } from "../socket/behaviour.ts";
import { type SocketHooks, TRACED_BYTES } from "../socket/hooks.ts";
import type { Socket } from "../socket/socket.ts";
import type { PlainResponse } from "./answer.ts";
import type { PlainRequest } from "./plain-request.ts";
import { explainTimeout, explainToPeer } from "./refusal.ts";
import { checkTlsServerOptions } from "./tls-options.ts";
import type { UpgradeRequest } from "./upgrade-request.ts";

/** The options of a server besides its hooks. */
export interface ServerBase {
  /**
   * Web pages that may connect, by their origin: `["https://app.example"]`. Default: pages of the server's own host, and
   * clients that send no Origin header. A client without an Origin header is no browser.
   */
  readonly allowedOrigins?: readonly string[];
  /** Any web page may connect, with the cookies of the user who looks at the page. Default false. */
  readonly dangerouslyAllowAnyOrigin?: boolean;
  /**
   * The hosts that this server answers for, also for plain requests: "app.example" at any port, "app.example:8080", "[::1]",
   * ".app.example" with every name below this domain. Requests for other hosts get 421. The option keeps out pages whose name
   * was made to resolve to this server (DNS rebinding): the Origin and the Host of such pages agree. Default: any host.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * The number of proxies that stand before this server, or true for one proxy. The proxies write X-Forwarded-For, -Proto,
   * -Host and -Port, or Forwarded (RFC 7239). The proxies decide `clientAddress`, `url` and the server's own origin. Default
   * false.
   */
  readonly trustProxy?: boolean | number;
  /**
   * One or several subprotocols, the most wanted first. The server uses the first name in this list that the client offers.
   * Default none.
   */
  readonly protocols?: string | readonly string[];
  /**
   * Compression of messages with permessage-deflate (RFC 7692): `deflate()`, which the adapter exports, or `deflate` with
   * options. Default false: compression costs CPU time and up to 65 KiB for each connection that receives compressed messages.
   * A server without compression does not carry it.
   */
  readonly perMessageDeflate?: false | Deflate;
  /** Other extensions. Default none. */
  readonly extensions?: readonly Extension[];
  /**
   * The largest number of open connections, with the connections in their opening handshake. One more connection is dropped at
   * once. Default Infinity.
   */
  readonly maxConnections?: number;
  /** Limits on the amounts that a client can make the server keep or accept. Default: the limits of `@sansocket/core`. */
  readonly limits?: Partial<Limits>;
  /** Times in ms; 0 turns a timeout off. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * The `message` hook gets bytes as a view that is valid until the hook returns, in place of a copy that the hook may keep.
   * The view makes messages above 8 KiB two to three times faster. Default false.
   */
  readonly lend?: boolean;
  /** Shuts the server down, as `shutdown()` does. */
  readonly signal?: AbortSignal;
  /** A plain HTTP request has arrived. Default: 426 Upgrade Required. */
  request?(request: PlainRequest): PlainResponse | Promise<PlainResponse>;
}

/** Decides about a request to open a WebSocket, now or later. The hook must return the result of `accept` or `reject`. */
export type UpgradeHook<Data> = (request: UpgradeRequest<Data>) => boolean | Promise<boolean>;

/** A server with a type for `data` needs the hook, because the hook gives the data. Without a hook every request is accepted. */
export type UpgradeOption<Data> = undefined extends Data
  ? { upgrade?: UpgradeHook<Data> }
  : { upgrade: UpgradeHook<Data> };

/** Messages go to hooks. {@link IterationOptions} is the other way. */
export interface HookOptions<Data> extends SocketHooks<Data> {
  /** Not beside hooks: `connection` is the other way to take messages. */
  readonly connection?: never;
}

/** Messages go to a loop in a function that is called for each connection. {@link HookOptions} is the other way. */
export interface IterationOptions<Data> extends Pick<SocketHooks<Data>, "error" | "trace"> {
  /**
   * Serves one connection, from its opening to its end: `for await (const message of socket)`. When the function returns, the
   * connection is closed with 1000. When the function throws, the connection is closed with 1011, and `error` is called, unless
   * the connection had failed by itself.
   */
  connection(socket: Socket<Data>): Promise<void>;
  /** Not beside `connection`. */
  readonly open?: never;
  /** Not beside `connection`. */
  readonly message?: never;
  /** Not beside `connection`. */
  readonly drain?: never;
  /** Not beside `connection`. */
  readonly ping?: never;
  /** Not beside `connection`. */
  readonly pong?: never;
  /** Not beside `connection`. */
  readonly close?: never;
}

/** The options of `createServer`. An unknown option, or an option of another type, is a MisuseError. */
export type ServerOptions<Data = undefined> = ServerBase &
  UpgradeOption<Data> &
  (HookOptions<Data> | IterationOptions<Data>);

/** The same options without a type parameter, as the server keeps the options. */
export interface ResolvedServer {
  readonly settings: ServerSettings;
  readonly behaviour: Behaviour;
  readonly hooks: SocketHooks;
  readonly protocols: readonly string[];
  readonly maxConnections: number;
  readonly signal: AbortSignal | undefined;
  /** The number of trusted proxies that stand before the server. */
  readonly proxies: number;
  readonly upgrade: UpgradeHook<unknown> | null;
  readonly request: ((request: PlainRequest) => PlainResponse | Promise<PlainResponse>) | null;
  readonly connection: ((socket: Socket) => Promise<void>) | null;
}

type ServerNames = ServerBase &
  SocketHooks &
  Pick<IterationOptions<unknown>, "connection"> & { upgrade: unknown };

/** The options of every server, for connections from every origin. */
const KNOWN: KnownOptions<ServerNames> = {
  allowedOrigins: judgedLater,
  dangerouslyAllowAnyOrigin: aBoolean,
  allowedHosts: judgedLater,
  trustProxy: aBooleanOrCount,
  protocols: judgedLater,
  perMessageDeflate: aDeflate,
  extensions: judgedLater,
  maxConnections: aCount(1),
  limits: judgedLater,
  timeouts: judgedLater,
  lend: aBoolean,
  signal: aSignal,
  request: aFunction,
  upgrade: aFunction,
  connection: aFunction,
  open: aFunction,
  adopted: aFunction,
  message: aFunction,
  drain: aFunction,
  ping: aFunction,
  pong: aFunction,
  close: aFunction,
  error: aFunction,
  trace: aFunction,
};

/** The options of `createServer`. */
export const KNOWN_CREATE_OPTIONS: KnownOptions<ServerNames & { secure: unknown }> = {
  ...KNOWN,
  secure: aBoolean,
};

/** The options of `serve`. */
export const KNOWN_SERVE_OPTIONS: KnownOptions<
  ServerNames & {
    port: unknown;
    hostname: unknown;
    path: unknown;
    fd: unknown;
    listener: unknown;
    backlog: unknown;
    reusePort: unknown;
    pathMode: unknown;
    tls: unknown;
  }
> = {
  ...KNOWN,
  port: aPort,
  hostname: aString,
  path: aString,
  fd: aDescriptor,
  listener: judgedLater,
  backlog: aBacklog,
  reusePort: aBoolean,
  pathMode: aFileMode,
  tls: checkTlsServerOptions,
};

/** The options that `ws`, Bun.serve and uWebSockets.js have for a server. */
export const OTHER_SERVER_NAMES: OtherNames = {
  maxPayload: "limits.message",
  maxPayloadLength: "limits.message",
  backpressureLimit: "limits.unsent",
  idleTimeout: "timeouts.idle, in ms",
  closeTimeout: "timeouts.close",
  verifyClient: "the hook upgrade",
  handleProtocols: "protocols, or accept({ protocol }) in the hook upgrade",
  clientTracking: "server.sockets",
  noServer: "createServer, which does not listen",
  server: "createServer, and its handleUpgrade for the upgrades of an HTTP server",
  fetch: "the hooks request and upgrade",
  websocket: "the hooks, directly among the options",
};

/** The hooks that `connection` replaces. */
const HOOKS = ["open", "adopted", "message", "drain", "ping", "pong", "close"] as const;

/** @throws MisuseError for wrong options. */
export function resolveServer(
  options: ServerOptions<never>,
  runtime: Runtime,
  secure: boolean,
): ResolvedServer {
  const known = { ...KNOWN_SERVE_OPTIONS, ...KNOWN_CREATE_OPTIONS };
  const given = checkOptions("options", options, known, OTHER_SERVER_NAMES) as ServerBase & {
    upgrade?: UpgradeHook<unknown>;
  } & SocketHooks &
    Partial<IterationOptions<unknown>>;
  for (const name of HOOKS) {
    if (given.connection === undefined || given[name] === undefined) continue;
    throw new MisuseError(
      `options.connection and options.${name} exclude each other: give the loop in connection, or hooks`,
    );
  }
  const proxies = Number(given.trustProxy ?? 0);
  const settings = serverSettings({
    host: runtime.host,
    secure,
    handOver: given.lend !== true,
    ...definedMembers({
      allowedOrigins: given.allowedOrigins,
      allowedHosts: given.allowedHosts,
      dangerouslyAllowAnyOrigin: given.dangerouslyAllowAnyOrigin,
      trustProxy: proxies > 0,
      limits: given.limits,
      timeouts: given.timeouts,
      extensions: withDeflate("server", given.perMessageDeflate || null, given.extensions),
    }),
    explain: explainToPeer,
    explainTimeout,
    ...(given.trace === undefined ? {} : { frames: watchFrames(TRACED_BYTES) }),
  });
  const hooks = boundHooks(given, options);
  return {
    settings,
    behaviour: behaviourOf(settings, hooks, given.lend === true),
    hooks,
    protocols: protocolList(given.protocols),
    maxConnections: given.maxConnections ?? Number.POSITIVE_INFINITY,
    signal: given.signal,
    proxies,
    upgrade: given.upgrade?.bind(options) ?? null,
    request: given.request?.bind(options) ?? null,
    connection: (given.connection?.bind(options) as ResolvedServer["connection"]) ?? null,
  };
}

/** Hooks are called as methods of the object that has the hooks. The object may be an object of a class. */
function boundHooks(given: SocketHooks, options: object): SocketHooks {
  const hooks = givenOptions("hooks", given) as Record<string, Hook | undefined>;
  for (const [name, hook] of Object.entries(hooks)) {
    if (typeof hook !== "function") continue;
    hooks[name] = name === "message" ? quickMethod(hook, options) : hook.bind(options);
  }
  return hooks;
}

/**
 * The fast path of `bind`, for the hook of every message: Bun's compiler takes a closure into the code of the caller, and calls a
 * bound function. A turn for 16 messages of 64 bytes takes 116 ns for each in place of 144. For V8 both are the same.
 */
function quickMethod(hook: Hook, options: object): Hook {
  return (socket, message) => hook.call(options, socket, message);
}

type Hook = (...given: unknown[]) => unknown;
