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
  /** The connections that the server gets are TLS, which decides what the server's own origin is. Default false. */
  readonly secure?: boolean;
}

/**
 * How connections come into a server, for adapters: a listener gives them, or an HTTP server hands them over.
 * @param server also one of a subclass.
 */
export let intakeOf: (server: Server<unknown>) => Intake;

/**
 * A WebSocket server: it decides which clients are let in, holds the open sockets and shuts down without losing a message.
 * An adapter's `serve` makes one that listens; `accept` takes connections from anywhere.
 */
export class Server<Data = undefined> implements AsyncDisposable {
  readonly #core: ServerCore;

  static {
    intakeOf = (server) => server.#core;
  }

  /** @throws MisuseError for options that are wrong. */
  constructor(options: ServerOptions<Data>, platform: ServerPlatform) {
    const { runtime, secure = false } = platform;
    this.#core = new ServerCore(options as ServerOptions<never>, runtime, secure);
  }

  /** The connections that the server gets are TLS. */
  get secure(): boolean {
    return this.#core.secure;
  }

  /** Where the server listens; with port 0, the port that was found. Null when it does not listen, or no more. */
  get address(): NetworkAddress | null {
    return this.#core.address;
  }

  /** The timeouts that hold, with their defaults, ms. */
  get timeouts(): Timeouts {
    return this.#core.timeouts;
  }

  /**
   * Replaces the certificates and options of TLS while the server runs, for instance before a certificate expires. Open
   * connections keep what they have, and connections that are accepted from now on get the new options. Give the whole of
   * `serve`'s option `tls`: what is left out has its default. Node only: Deno and Bun cannot.
   * @returns false when the server was shut down.
   * @throws MisuseError for options that are wrong, for what is no certificate, for a server that does not listen by TLS, and
   * where the runtime cannot. The server goes on with the options that it has.
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

  /** The number of connections, those in their opening handshake included. */
  get connections(): number {
    return this.#core.connections;
  }

  /**
   * Serves one more connection, from wherever it comes.
   * @returns false when the server did not take it: the server has `maxConnections`, or is shut down. The transport is
   * untouched then.
   * @throws MisuseError for an `open` that is no function.
   */
  accept(open: OpenTransport): boolean {
    return this.#core.accept(open);
  }

  /**
   * Accepts no more connections; lets every message that has arrived be delivered and answered; then sends each socket a
   * Close behind everything that was sent to it. The connections that are left after the grace are cut off. Messages that
   * arrive later are not delivered. Never rejects; a second call waits for the first.
   * @throws MisuseError for a code or reason that a Close cannot have, and for a grace that is no time.
   */
  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return this.#core.shutdown(options);
  }

  /** `await using`: shuts down with the defaults. */
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
