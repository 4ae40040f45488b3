/**
 * The exports of an adapter: the same on every runtime, made of the few parts in which runtimes differ. Each export has a
 * function of its own that makes it, so that a program carries only the exports that it imports.
 */
import type { DeflateOptions } from "@sansocket/core/permessage-deflate";
import type { ConnectOptions } from "./client/connect-options.ts";
import { checkOptions } from "./known-options.ts";
import type { Deflate } from "./per-message-deflate.ts";
import type { Runtime } from "./runtime/runtime.ts";
import {
  checkServeOptions,
  type Listen,
  type ServeOptions,
  startListening,
} from "./server/listening.ts";
import { Server, type ServerPlatform } from "./server/server.ts";
import {
  KNOWN_CREATE_OPTIONS,
  OTHER_SERVER_NAMES,
  type ServerOptions,
} from "./server/server-options.ts";
import type { Socket } from "./socket/socket.ts";
import type { StandardWebSocketConstructor } from "./web/web-socket.ts";
import type { StandardWebSocketStreamConstructor } from "./web/web-socket-stream.ts";

/** The exports of an adapter: the same names, with the same behaviour, on every runtime. */
export interface Adapter {
  /**
   * Listens and serves.
   * @returns the server, once it listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal` aborted
   * before, or with a MisuseError.
   */
  serve<Data = undefined>(options: ServeOptions<Data>): Promise<Server<Data>>;
  /**
   * A server that does not listen, for `accept` with transports of the application.
   * @throws MisuseError for options that are wrong.
   */
  createServer<Data = undefined>(options: CreateOptions<Data>): Server<Data>;
  /**
   * Connects to a ws or wss URL.
   * @returns the open socket. Rejects with a ConnectError, whose `code` says why, or a MisuseError.
   */
  connect<Data = undefined>(
    url: string | URL,
    options?: ConnectOptions<Data>,
  ): Promise<Socket<Data>>;
  /**
   * Compression for the option `perMessageDeflate`, by `node:zlib`.
   * @throws MisuseError for options that are wrong.
   */
  deflate(options?: DeflateOptions): Deflate;
  /** The class of the web platform. */
  readonly WebSocket: StandardWebSocketConstructor;
  /** The class of the web platform, as proposed: a WebSocket as two streams with back-pressure. */
  readonly WebSocketStream: StandardWebSocketStreamConstructor;
}

/** The options of `createServer`. */
export type CreateOptions<Data = undefined> = ServerOptions<Data> & {
  /** Whether the connections are TLS, which decides what the server's own origin is. Default false. */
  readonly secure?: boolean;
};

/** A class of servers: {@link Server}, or one that adds what only its runtime has. */
export type ServerClass = new <Data>(
  options: ServerOptions<Data>,
  platform: ServerPlatform,
) => Server<Data>;

/** The parts of which an adapter makes its servers. */
export interface ServerParts {
  /** The clock, the timers and the engine's host. */
  readonly runtime: Runtime;
  /** Listens as the runtime does. */
  readonly listen: Listen;
  /** The class of the servers. Default {@link Server}. */
  readonly server?: ServerClass;
}

/** Makes {@link Adapter.serve}. */
export async function serveWith<Data = undefined>(
  { runtime, listen, server: ServerOfAdapter = Server }: ServerParts,
  options: ServeOptions<Data>,
): Promise<Server<Data>> {
  const given = checkServeOptions(options);
  const server = new ServerOfAdapter<Data>(options, { runtime, secure: given.tls !== undefined });
  return await startListening(server, listen, given);
}

/** Makes {@link Adapter.createServer}. */
export function createServerWith<Data = undefined>(
  { runtime, server: ServerOfAdapter = Server }: Omit<ServerParts, "listen">,
  options: CreateOptions<Data>,
): Server<Data> {
  const { secure = false } = checkOptions(
    "options",
    options,
    KNOWN_CREATE_OPTIONS,
    OTHER_SERVER_NAMES,
  );
  return new ServerOfAdapter<Data>(options, { runtime, secure });
}
