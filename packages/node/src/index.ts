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
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
export { createServer, NodeServer, serve } from "./node-server.ts";
export { fromDuplex } from "./node-transport.ts";

const adapter: Adapter = createAdapter({ runtime, dialer, listen });

/** See {@link Adapter.connect}. */
export const connect: Adapter["connect"] = adapter.connect;
/** See {@link Adapter.WebSocket}. */
export const WebSocket: Adapter["WebSocket"] = adapter.WebSocket;
export type WebSocket = StandardWebSocket;
/** See {@link Adapter.WebSocketStream}. */
export const WebSocketStream: Adapter["WebSocketStream"] = adapter.WebSocketStream;
export type WebSocketStream = StandardWebSocketStream;
