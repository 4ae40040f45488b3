/**
 * WebSocket (RFC 6455) for Deno: `serve` and `connect` on Deno.listen and Deno.connect.
 *
 * @module
 */
import {
  type ConnectOptions,
  connectWith,
  createWebSocketClass,
  createWebSocketStreamClass,
  type Socket,
  type StandardWebSocket,
  type StandardWebSocketConstructor,
  type StandardWebSocketStream,
  type StandardWebSocketStreamConstructor,
} from "@sansocket/driver";
import { dialer } from "./dialer.ts";
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
export { fromConn } from "./deno-transport.ts";
export { createServer, type ListenOptions, type ServeOptions, serve } from "./serve.ts";

const platform = { runtime, dialer };

/**
 * Connects to a ws or wss URL.
 * @returns the open socket. Rejects with a ConnectError, whose `code` says why, or a MisuseError.
 */
export function connect<Data = undefined>(
  url: string | URL,
  options: ConnectOptions<Data> = {},
): Promise<Socket<Data>> {
  return connectWith(platform, url, options);
}

/** The class of the web platform. */
export const WebSocket: StandardWebSocketConstructor = createWebSocketClass(platform);
export type WebSocket = StandardWebSocket;

/** The class of the web platform, as proposed: a WebSocket as two streams with back-pressure. */
export const WebSocketStream: StandardWebSocketStreamConstructor =
  createWebSocketStreamClass(platform);
export type WebSocketStream = StandardWebSocketStream;
