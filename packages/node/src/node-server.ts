/** A server that can share a port with node:http, and listens by itself. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  checkServeOptions,
  type ServeOptions,
  Server,
  type ServerOptions,
  secureOf,
  startListening,
} from "@sansocket/driver";
import { listen } from "./listen.ts";
import { fromDuplex } from "./node-transport.ts";
import { runtime } from "./runtime.ts";

export class NodeServer<Data = undefined> extends Server<Data> {
  /**
   * Serves a request that a `node:http` or `node:https` server has taken for an upgrade:
   * `http.on("upgrade", (request, socket, head) => server.handleUpgrade(socket, request, head))`.
   * @param head what came behind the request, in the same packet.
   */
  handleUpgrade(socket: Duplex, request: IncomingMessage, head: Uint8Array): void {
    const { setTimeout, setNoDelay } = socket as Partial<Socket>;
    setTimeout?.call(socket, 0); // the HTTP server's idea of how long a connection may be silent
    setNoDelay?.call(socket, true);
    // The request is judged where all are: by the engine, from its octets.
    const first = Buffer.concat([Buffer.from(headOf(request), "latin1"), head]);
    if (this.accept(fromDuplex(socket, first))) return;
    socket.on("error", () => {});
    socket.end(
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
  }
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/**
 * A server that does not listen: for {@link NodeServer.handleUpgrade}, and for `accept` with transports of one's own.
 * @param options.secure whether its connections are TLS, which decides what the server's own origin is. Default false.
 * @throws MisuseError for options that are wrong.
 */
export function createServer<Data = undefined>(
  options: ServerOptions<Data> & { readonly secure?: boolean },
): NodeServer<Data> {
  return new NodeServer<Data>(options, runtime, secureOf(options));
}

/**
 * Listens and serves.
 * @returns the server, once it listens. Rejects with a ServerError "listen-failed", with "aborted" when `signal` aborted
 * before, or with a MisuseError.
 */
export async function serve<Data = undefined>(
  options: ServeOptions<Data>,
): Promise<NodeServer<Data>> {
  const given = checkServeOptions(options);
  const server = new NodeServer<Data>(options, runtime, given.tls !== undefined);
  return await startListening(server, listen, given);
}
