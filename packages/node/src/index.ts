/**
 * WebSocket (RFC 6455) for Node: `serve` and `connect` on node:net and node:tls.
 *
 * @module
 */
import {
  type Adapter,
  createAdapter,
  type StandardWebSocket,
  type StandardWebSocketStream,
} from "@sansocket/driver";
import { dialer } from "./dialer.ts";
import { listen } from "./listen.ts";
import { type NodeAdapter, NodeServer } from "./node-server.ts";
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
export { type NodeAdapter, NodeServer } from "./node-server.ts";
export { fromDuplex } from "./node-transport.ts";

const adapter: NodeAdapter = createAdapter<NodeAdapter>({
  runtime,
  dialer,
  listen,
  server: NodeServer,
});

/** See {@link Adapter.serve}. */
export const serve: NodeAdapter["serve"] = adapter.serve;
/** See {@link Adapter.createServer}. */
export const createServer: NodeAdapter["createServer"] = adapter.createServer;

/** See {@link Adapter.connect}. */
export const connect: Adapter["connect"] = adapter.connect;
/** See {@link Adapter.WebSocket}. */
export const WebSocket: Adapter["WebSocket"] = adapter.WebSocket;
export type WebSocket = StandardWebSocket;
/** See {@link Adapter.WebSocketStream}. */
export const WebSocketStream: Adapter["WebSocketStream"] = adapter.WebSocketStream;
export type WebSocketStream = StandardWebSocketStream;
