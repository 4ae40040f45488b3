/**
 * WebSocket (RFC 6455) for Bun: `serve` and `connect` on Bun.listen and Bun.connect.
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

const adapter: Adapter = createAdapter({ runtime, dialer, listen });

/** See {@link Adapter.serve}. */
export const serve: Adapter["serve"] = adapter.serve;
/** See {@link Adapter.createServer}. */
export const createServer: Adapter["createServer"] = adapter.createServer;
/** See {@link Adapter.connect}. */
export const connect: Adapter["connect"] = adapter.connect;
/** See {@link Adapter.WebSocket}. */
export const WebSocket: Adapter["WebSocket"] = adapter.WebSocket;
export type WebSocket = StandardWebSocket;
/** See {@link Adapter.WebSocketStream}. */
export const WebSocketStream: Adapter["WebSocketStream"] = adapter.WebSocketStream;
export type WebSocketStream = StandardWebSocketStream;
