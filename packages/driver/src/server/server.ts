/** A server, as applications hold it. */
import type { Timeouts } from "@sansocket/core";
import { showFacts } from "../inspection.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import type { Socket } from "../socket/socket.ts";
import type { Intake } from "./intake.ts";
import { ServerCore } from "./server-core.ts";
import type { ServerOptions } from "./server-options.ts";
import type { ShutdownOptions } from "./shutdown.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** The runtime of a server. */
export interface ServerPlatform {
  /** The clock, the timers and the engine's host. */
  readonly runtime: Runtime;
  /** Whether the connections that the server gets are TLS. TLS decides the server's own origin. Default false. */
  readonly secure?: boolean;
}

/**
 * How connections come into a server, for adapters: a listener gives the connections, or an HTTP server hands the connections
 * over.
 * @param server a server, also of a subclass.
 */
export let intakeOf: (server: Server<unknown>) => Intake;

/**
 * A WebSocket server. The server decides which clients may connect, holds the open sockets and shuts down without losing a
 * message. An adapter's `serve` makes a server that listens; `accept` takes connections from any source.
 */
export class Server<Data = undefined> implements AsyncDisposable {
  readonly #core: ServerCore;

  static {
    intakeOf = (server) => server.#core;
  }

  /** @throws MisuseError for wrong options. */
  constructor(options: ServerOptions<Data>, platform: ServerPlatform) {
    const { runtime, secure = false } = platform;
    this.#core = new ServerCore(options as ServerOptions<never>, runtime, secure);
  }

  /** Whether the connections that the server gets are TLS. */
  get secure(): boolean {
    return this.#core.secure;
  }

  /**
   * The address at which the server listens; with port 0, the address has the port that was found. Null while the server does
   * not listen.
   */
  get address(): NetworkAddress | null {
    return this.#core.address;
  }

  /** The timeouts of the server, with the defaults, ms. */
  get timeouts(): Timeouts {
    return this.#core.timeouts;
  }

  /**
   * Replaces the certificates and options of TLS while the server runs, for instance before a certificate expires. Open
   * connections keep their TLS, and connections that are accepted from now on get the new options. Give the whole of `serve`'s
   * option `tls`: a missing field has its default. Node only: Deno and Bun cannot replace TLS.
   * @returns false when the server was shut down.
   * @throws MisuseError for wrong options, for a value that is no certificate, for a server that does not listen by TLS, and
   * where the runtime cannot replace TLS. After the exception, the server goes on with its old options.
   */
  setTls(tls: TlsServerOptions): boolean {
    return this.#core.setTls(tls);
  }

  /** The URL at which a client on this machine connects; "" when the server does not listen on a port. */
  get url(): string {
    return this.#core.url;
  }

  /** The sockets that are open or closing, for a broadcast. */
  get sockets(): Socket<Data>[] {
    return this.#core.sockets as Socket<Data>[];
  }

  /** The number of connections, with the connections in their opening handshake. */
  get connections(): number {
    return this.#core.connections;
  }

  /**
   * Serves one more connection, from any source.
   * @returns false when the server did not take the connection: the server has `maxConnections`, or is shut down. The transport
   * is untouched then.
   * @throws MisuseError for an `open` that is no function.
   */
  accept(open: OpenTransport): boolean {
    return this.#core.accept(open);
  }

  /**
   * Accepts no more connections. Every message that has arrived is delivered and answered. Then each socket sends a Close after
   * all its queued messages. The connections that are left after the grace are cut off. Messages that arrive later are not
   * delivered. Never rejects; a second call waits for the first call.
   * @throws MisuseError for a code or reason that a Close cannot have, and for a grace that is no time.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return this.#core.shutdown(options);
  }

  /** `await using`: shuts down with the default options. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  static {
    showFacts<Server>(Server, "Server", (server) => {
      const { address, secure, connections, timeouts } = server;
      return { address, secure, connections, protocols: server.#core.protocols, timeouts };
    });
  }
}
