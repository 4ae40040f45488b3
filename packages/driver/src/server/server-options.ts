/** The options of a server, and the settings that the server makes of them once. */

import {
  type Extension,
  givenOptions,
  type Limits,
  MisuseError,
  type ServerSettings,
  serverSettings,
  type Timeouts,
} from "@sansocket/core";
import type { DeflateOptions } from "@sansocket/core/permessage-deflate";
import { definedMembers } from "../defined-members.ts";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import {
  aBacklog,
  aBoolean,
  aBooleanOrCount,
  aBooleanOrObject,
  aCount,
  aDescriptor,
  aFileMode,
  aFunction,
  aPort,
  aSignal,
  aString,
  judgedLater,
} from "../option-kinds.ts";
import { withDeflate } from "../per-message-deflate.ts";
import { protocolList } from "../protocol-list.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Behaviour, behaviourOf } from "../socket/behaviour.ts";
import type { SocketHooks } from "../socket/hooks.ts";
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
   * clients that send no Origin header, and so are no browsers.
   */
  readonly allowedOrigins?: readonly string[];
  /** Any web page may connect, with the cookies of the user who looks at the page. Default false. */
  readonly dangerouslyAllowAnyOrigin?: boolean;
  /**
   * The hosts that this server answers for, also plain requests: "app.example" at any port, "app.example:8080", "[::1]",
   * ".app.example" with every name below it. Others get 421. Keeps out pages whose name was made to resolve to this server
   * (DNS rebinding), whose Origin and Host agree. Default: any.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * So many proxies stand before this server, true for one, and write X-Forwarded-For, -Proto, -Host and -Port, or Forwarded
   * (RFC 7239). The proxies decide `clientAddress`, `url` and the server's own origin. Default false.
   */
  readonly trustProxy?: boolean | number;
  /** One or several subprotocols, the most wanted first: the first that the client offers is agreed on. Default none. */
  readonly protocols?: string | readonly string[];
  /**
   * Compression of messages with permessage-deflate (RFC 7692): true, or its options. Default false: compression costs CPU
   * time and up to 65 KiB for each connection that receives compressed messages.
   */
  readonly perMessageDeflate?: boolean | DeflateOptions;
  /** Other extensions. Default none. */
  readonly extensions?: readonly Extension[];
  /** Open connections, those in their opening handshake included; one more is dropped at once. Default Infinity. */
  readonly maxConnections?: number;
  /** How much a client can make us keep or accept. Default: those of `@sansocket/core`. */
  readonly limits?: Partial<Limits>;
  /** ms; 0 turns one off. */
  readonly timeouts?: Partial<Timeouts>;
  /**
   * The `message` hook gets bytes as a view that is valid until it returns, in place of a copy that it may keep. Worth
   * two to three times on messages above 8 KiB. Default false.
   */
  readonly lend?: boolean;
  /** Shuts the server down, as `shutdown()` does. */
  readonly signal?: AbortSignal;
  /** A plain HTTP request. Default: 426 Upgrade Required. */
  request?(request: PlainRequest): PlainResponse | Promise<PlainResponse>;
}

/** Decides about a request to open a WebSocket, now or later; what `accept` and `reject` return is to be returned. */
export type UpgradeHook<Data> = (request: UpgradeRequest<Data>) => boolean | Promise<boolean>;

/** A server with a type for `data` needs the hook, because the hook gives the data. Without a hook every request is accepted. */
export type UpgradeOption<Data> = undefined extends Data
  ? { upgrade?: UpgradeHook<Data> }
  : { upgrade: UpgradeHook<Data> };

/** Messages go to hooks … */
export interface HookOptions<Data> extends SocketHooks<Data> {
  /** Not beside hooks: it is the other way to take messages. */
  readonly connection?: never;
}

/** … or to a loop in a function that is called for each connection. */
export interface IterationOptions<Data> extends Pick<SocketHooks<Data>, "error" | "trace"> {
  /**
   * One connection, from its opening to its end: `for await (const message of socket)`. When it returns the connection is
   * closed with 1000; when it throws, with 1011, and `error` is called, unless the connection had failed by itself.
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

/** The options of `createServer`. An option that is not known, or of another type, is a MisuseError. */
export type ServerOptions<Data = undefined> = ServerBase &
  UpgradeOption<Data> &
  (HookOptions<Data> | IterationOptions<Data>);

/** The same with nothing of its type parameter left, as the server keeps it. */
export interface ResolvedServer {
  readonly settings: ServerSettings;
  readonly behaviour: Behaviour;
  readonly hooks: SocketHooks;
  readonly protocols: readonly string[];
  readonly maxConnections: number;
  readonly signal: AbortSignal | undefined;
  /** How many trusted proxies stand before the server. */
  readonly proxies: number;
  readonly upgrade: UpgradeHook<unknown> | null;
  readonly request: ((request: PlainRequest) => PlainResponse | Promise<PlainResponse>) | null;
  readonly connection: ((socket: Socket) => Promise<void>) | null;
}

type ServerNames = ServerBase &
  SocketHooks &
  Pick<IterationOptions<unknown>, "connection"> & { upgrade: unknown };

/** Of every server, wherever its connections come from. */
const KNOWN: KnownOptions<ServerNames> = {
  allowedOrigins: judgedLater,
  dangerouslyAllowAnyOrigin: aBoolean,
  allowedHosts: judgedLater,
  trustProxy: aBooleanOrCount,
  protocols: judgedLater,
  perMessageDeflate: aBooleanOrObject,
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
  message: aFunction,
  drain: aFunction,
  ping: aFunction,
  pong: aFunction,
  close: aFunction,
  error: aFunction,
  trace: aFunction,
};

/** Of `createServer`. */
export const KNOWN_CREATE_OPTIONS: KnownOptions<ServerNames & { secure: unknown }> = {
  ...KNOWN,
  secure: aBoolean,
};

/** Of `serve`. */
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

/** Bytes of a frame's payload that `trace` gets to see. */
const TRACED_BYTES = 125;

/** The hooks that `connection` replaces. */
const HOOKS = ["open", "message", "drain", "ping", "pong", "close"] as const;

/** @throws MisuseError for options that are wrong. */
export function resolveServer(
  options: ServerOptions<never>,
  runtime: Runtime,
  secure: boolean,
): ResolvedServer {
  const known = { ...KNOWN_SERVE_OPTIONS, ...KNOWN_CREATE_OPTIONS };
  const given = checkOptions("options", options, known) as ServerBase & {
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
    ...definedMembers({
      allowedOrigins: given.allowedOrigins,
      allowedHosts: given.allowedHosts,
      dangerouslyAllowAnyOrigin: given.dangerouslyAllowAnyOrigin,
      trustProxy: proxies > 0,
      limits: given.limits,
      timeouts: given.timeouts,
      extensions: withDeflate(
        "server",
        given.perMessageDeflate ?? false,
        given.extensions,
        runtime,
      ),
    }),
    explain: explainToPeer,
    explainTimeout,
    ...(given.trace === undefined ? {} : { frames: { payloadPrefix: TRACED_BYTES } }),
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

/** Hooks are called as methods of the object that has them, which may be one of a class. */
function boundHooks(given: SocketHooks, options: object): SocketHooks {
  const hooks = givenOptions("hooks", given) as Record<string, unknown>;
  for (const [name, hook] of Object.entries(hooks)) {
    if (typeof hook === "function") hooks[name] = hook.bind(options);
  }
  return hooks;
}
