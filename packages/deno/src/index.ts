/**
 * WebSocket (RFC 6455) for Deno: `serve` and `connect` on Deno.listen and Deno.connect.
 *
 * @module
 */
import {
  type Adapter,
  connectWith,
  createServerWith,
  createWebSocketClass,
  createWebSocketStreamClass,
  deflateWith,
  type Platform,
  type ServerParts,
  type StandardWebSocket,
  type StandardWebSocketStream,
  serveWith,
} from "@sansocket/driver";
import { zlibCodec } from "@sansocket/zlib";
import { dialer } from "./dialer.ts";
import { listen } from "./listen.ts";
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
export { fromConn } from "./deno-transport.ts";

/** See {@link Adapter.deflate}. */
export const deflate: Adapter["deflate"] = (options) => deflateWith(zlibCodec(), options);

const platform: Platform = { runtime, dialer, deflate };
const servers: ServerParts = { runtime, listen };

/** See {@link Adapter.serve}. */
export const serve: Adapter["serve"] = (options) => serveWith(servers, options);
/** See {@link Adapter.createServer}. */
export const createServer: Adapter["createServer"] = (options) =>
  createServerWith(servers, options);
/** See {@link Adapter.connect}. */
export const connect: Adapter["connect"] = (url, options = {}) =>
  connectWith(platform, url, options);
/** See {@link Adapter.WebSocket}. */
export const WebSocket: Adapter["WebSocket"] = /* @__PURE__ */ createWebSocketClass(platform);
export type WebSocket = StandardWebSocket;
/** See {@link Adapter.WebSocketStream}. */
export const WebSocketStream: Adapter["WebSocketStream"] =
  /* @__PURE__ */ createWebSocketStreamClass(platform);
export type WebSocketStream = StandardWebSocketStream;
