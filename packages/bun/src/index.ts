/**
 * WebSocket (RFC 6455) for Bun: `serve` and `connect` on Bun.listen and Bun.connect.
 *
 * @module
 */
import { type ConnectOptions, connectWith, type Socket } from "@sansocket/driver";
import { dialer } from "./dialer.ts";
import { runtime } from "./runtime.ts";

export * from "@sansocket/driver/application";
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
