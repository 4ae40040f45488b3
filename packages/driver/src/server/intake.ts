/** How connections come into a server: for adapters, which listen or take over the requests of an HTTP server. */
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import type { OwnAnswer } from "./refusal.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** A part of an adapter that accepts connections for a server. */
export interface Listener {
  /** Where it listens. */
  readonly address: NetworkAddress;
  /** Accepts no more; the connections that are there stay. */
  close(): Promise<void>;
  /**
   * TLS of the connections that are accepted from then on. Missing where the server has no TLS.
   * @throws MisuseError where the runtime cannot, and whatever the runtime throws; nothing has changed then.
   */
  setTls?(options: TlsServerOptions): void;
}

/** The objects that an HTTP server hands over with a request that it has read. */
export interface Handed {
  /** The HTTP server's own object for the request: `request.raw`. */
  readonly raw: unknown;
  /** The first value of `socket.data`, unless `accept` gives another value. */
  readonly data: unknown;
}

export const NOTHING_HANDED: Handed = { raw: null, data: undefined };

/** The side of a server that its adapter works with; `intakeOf(server)` gives it. Applications use `server.accept`. */
export interface Intake {
  /**
   * Serves one more connection.
   * @param handed what an HTTP server brings with it. Default: nothing.
   * @returns false when the server did not take it: the server has `maxConnections`, or is shut down. The transport is
   * untouched then.
   * @throws MisuseError for an `open` that is no function.
   */
  accept(open: OpenTransport, handed?: Handed): boolean;
  /**
   * Answers the request of a connection that {@link accept} does not take, and ends the connection. The connection does not
   * count, and a shutdown does not wait for it: `timeouts.handshake` and `timeouts.close` bound it.
   * @param answer one of the answers that the driver gives by itself: it has the status and a body that says why.
   * @param why what the `error` hook hears; null when it hears nothing.
   */
  refuse(open: OpenTransport, answer: OwnAnswer, why: string | null): void;
  /** The adapter listens: `server.address` is the listener's, and a shutdown closes the listener. */
  listening(listener: Listener): void;
  /** The adapter could not accept a connection, and goes on trying: the `error` hook hears "accept-failed". */
  acceptFailed(cause: unknown): void;
  /**
   * The adapter has refused a client before its request, because the client's certificate is not the one that the option
   * `tls` asks for: the `error` hook hears "handshake-refused".
   */
  clientRefused(why: string): void;
}
