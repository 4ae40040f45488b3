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
import { Server, type ServerPlatform } from "./server/server.ts";
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
   * A server that does not listen, for `accept` with transports of the application.
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

/** A class of servers: {@link Server}, or one that adds what only its runtime has. */
export type ServerClass = new <Data>(
  options: ServerOptions<Data>,
  platform: ServerPlatform,
) => Server<Data>;

/** The parts that an adapter is made of. */
export interface AdapterParts extends Platform {
  /** Listens as the runtime does. */
  readonly listen: Listen;
  /** The class of the servers that `serve` and `createServer` make. Default {@link Server}. */
  readonly server?: ServerClass;
}

/**
 * Makes the functions and classes that an adapter exports, from the parts that its runtime brings.
 * @typeParam Own the type of an adapter with a class of servers of its own: an {@link Adapter} whose `serve` and `createServer`
 * return that class.
 */
export function createAdapter<Own extends Adapter = Adapter>(parts: AdapterParts): Own {
  const { runtime, listen, server: ServerOfAdapter = Server } = parts;
  const adapter: Adapter = {
    async serve<Data>(options: ServeOptions<Data>) {
      const given = checkServeOptions(options);
      const server = new ServerOfAdapter<Data>(options, {
        runtime,
        secure: given.tls !== undefined,
      });
      return await startListening(server, listen, given);
    },
    createServer<Data>(options: ServerOptions<Data> & { readonly secure?: boolean }) {
      const { secure = false } = checkOptions("options", options, KNOWN_CREATE_OPTIONS);
      return new ServerOfAdapter<Data>(options, { runtime, secure });
    },
    connect: (url, options = {}) => connectWith(parts, url, options),
    WebSocket: createWebSocketClass(parts),
    WebSocketStream: createWebSocketStreamClass(parts),
  };
  return adapter as Own;
}
