/** The exports of an adapter: the same on every runtime, made of the few parts in which runtimes differ. */
import { connectWith, type Platform } from "./client/connect.ts";
import type { ConnectOptions } from "./client/connect-options.ts";
import { checkOptions } from "./known-options.ts";
import {
  checkServeOptions,
  type Listen,
  type ServeOptions,
  startListening,
} from "./server/listening.ts";
import { Server } from "./server/server.ts";
import { KNOWN_CREATE_OPTIONS, type ServerOptions } from "./server/server-options.ts";
import type { Socket } from "./socket/socket.ts";
import { createWebSocketClass, type StandardWebSocketConstructor } from "./web/web-socket.ts";
import {
  createWebSocketStreamClass,
  type StandardWebSocketStreamConstructor,
} from "./web/web-socket-stream.ts";

/** The exports of an adapter: the same names, with the same behaviour, on every runtime. */
export interface Adapter {
  /**
   * Listens and serves.
   * @returns the server, once it listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal` aborted
   * before, or with a MisuseError.
   */
  serve<Data = undefined>(options: ServeOptions<Data>): Promise<Server<Data>>;
  /**
   * A server that does not listen, for `accept` with transports of one's own.
   * @param options.secure whether its connections are TLS, which decides what the server's own origin is. Default false.
   * @throws MisuseError for options that are wrong.
   */
  createServer<Data = undefined>(
    options: ServerOptions<Data> & { readonly secure?: boolean },
  ): Server<Data>;
  /**
   * Connects to a ws or wss URL.
   * @returns the open socket. Rejects with a ConnectError, whose `code` says why, or a MisuseError.
   */
  connect<Data = undefined>(
    url: string | URL,
    options?: ConnectOptions<Data>,
  ): Promise<Socket<Data>>;
  /** The class of the web platform. */
  readonly WebSocket: StandardWebSocketConstructor;
  /** The class of the web platform, as proposed: a WebSocket as two streams with back-pressure. */
  readonly WebSocketStream: StandardWebSocketStreamConstructor;
}

/**
 * Whether the connections of `createServer`'s server are TLS.
 * @throws MisuseError for options that are wrong.
 */
export function secureOf(options: { readonly secure?: boolean }): boolean {
  return checkOptions("options", options, KNOWN_CREATE_OPTIONS).secure === true;
}

/** Makes the functions and classes that an adapter exports of what its runtime brings. */
export function createAdapter(platform: Platform & { readonly listen: Listen }): Adapter {
  const { runtime, listen } = platform;
  return {
    async serve<Data>(options: ServeOptions<Data>) {
      const given = checkServeOptions(options);
      const server = new Server<Data>(options, { runtime, secure: given.tls !== undefined });
      return await startListening(server, listen, given);
    },
    createServer: <Data>(options: ServerOptions<Data> & { readonly secure?: boolean }) =>
      new Server<Data>(options, { runtime, secure: secureOf(options) }),
    connect: (url, options = {}) => connectWith(platform, url, options),
    WebSocket: createWebSocketClass(platform),
    WebSocketStream: createWebSocketStreamClass(platform),
  };
}
