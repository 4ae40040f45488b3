/** The exports of an adapter of these parts, as one object. */
import {
  type Adapter,
  connectWith,
  createServerWith,
  createWebSocketClass,
  createWebSocketStreamClass,
  type Platform,
  type ServerParts,
  serveWith,
} from "../src/index.ts";

export function createAdapter(parts: ServerParts & Platform): Omit<Adapter, "deflate"> {
  return {
    serve: (options) => serveWith(parts, options),
    createServer: (options) => createServerWith(parts, options),
    connect: (url, options = {}) => connectWith(parts, url, options),
    WebSocket: createWebSocketClass(parts),
    WebSocketStream: createWebSocketStreamClass(parts),
  };
}
