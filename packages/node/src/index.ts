/**
 * WebSocket (RFC 6455) for Node: `serve` and `connect` on node:net and node:tls.
 *
 * @module
 */
import {
  type Adapter,
  type CreateOptions,
  connectWith,
  createServerWith,
  createWebSocketClass,
  createWebSocketStreamClass,
  deflateWith,
  type Platform,
  type ServeOptions,
  type ServerParts,
  type StandardWebSocket,
  type StandardWebSocketStream,
  serveWith,
} from "@sansocket/driver";
import { zlibCodec } from "@sansocket/zlib";
import { dialer } from "./dialer.ts";
import { listen } from "./listen.ts";
import { type NodeAdapter, NodeServer } from "./node-server.ts";
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
export { type NodeAdapter, NodeServer } from "./node-server.ts";
export { fromDuplex } from "./node-transport.ts";

/** See {@link Adapter.deflate}. */
export const deflate: Adapter["deflate"] = (options) => deflateWith(zlibCodec(), options);

const platform: Platform = { runtime, dialer, deflate };
const servers: ServerParts = { runtime, listen, server: NodeServer };

/** See {@link Adapter.serve}. */
export const serve: NodeAdapter["serve"] = <Data>(options: ServeOptions<Data>) =>
  serveWith(servers, options) as Promise<NodeServer<Data>>;
/** See {@link Adapter.createServer}. */
export const createServer: NodeAdapter["createServer"] = <Data>(options: CreateOptions<Data>) =>
  createServerWith(servers, options) as NodeServer<Data>;
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
