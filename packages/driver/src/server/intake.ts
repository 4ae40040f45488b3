/**
 * How connections come into a server. Adapters use this file: an adapter listens, or takes over the requests of an HTTP server.
 */
import type { Endpoint, Settings } from "@sansocket/core";
import type { NetworkAddress, OpenTransport } from "../runtime/transport.ts";
import type { Message } from "../socket/message.ts";
import type { Socket } from "../socket/socket.ts";
import type { OwnAnswer } from "./refusal.ts";
import type { TlsServerOptions } from "./tls-options.ts";

/** A part of an adapter that accepts connections for a server. */
export interface Listener {
  /** The address at which the listener listens. */
  readonly address: NetworkAddress;
  /** Accepts no more connections. The open connections stay open. */
  close(): Promise<void>;
  /**
   * Replaces TLS for the connections that are accepted from then on. Missing where the server has no TLS.
   * @throws MisuseError where the runtime cannot replace TLS. The exceptions of the runtime are thrown too. After an exception,
   * the listener still has the old TLS.
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

/** The parts that come with a connection that is open already. */
export interface Along {
  /** The facts of the request, as `OpenedRequest.moved` gives them; null for none. */
  readonly request: string | null;
  /** Messages that come before all that arrive. */
  readonly waiting: readonly Message[];
  /** The value of `socket.data`. */
  readonly data: unknown;
}

export const NOTHING_HANDED: Handed = { raw: null, data: undefined };

/** The side of a server that its adapter works with; `intakeOf(server)` gives it. Applications use `server.accept`. */
export interface Intake {
  /**
   * Serves one more connection.
   * @param handed the objects that an HTTP server hands over with the connection. Default: no objects.
   * @returns false when the server did not take the connection: the server has `maxConnections`, or is shut down. The transport
   * is untouched then.
   * @throws MisuseError for an `open` that is no function.
   */
  accept(open: OpenTransport, handed?: Handed): boolean;
  /**
   * Answers the request of a connection that {@link accept} does not take, and ends the connection. The connection does not
   * count, and a shutdown does not wait for the connection: `timeouts.handshake` and `timeouts.close` limit its time.
   * @param answer one of the driver's own answers, with the status and a body that gives the reason.
   * @param why the message that the `error` hook gets; null for no call of the `error` hook.
   */
  refuse(open: OpenTransport, answer: OwnAnswer, why: string | null): void;
  /**
   * Takes a connection that is open already, and comes from another process or server.
   * @param restore makes the endpoint, with the settings and by the clock of this server.
   * @param along what has come with the connection.
   * @returns null when the server did not take the connection, as for {@link accept}. The transport is untouched then.
   * @throws the exceptions of `restore`.
   */
  adopt(
    restore: (settings: Settings, now: number) => Endpoint,
    open: OpenTransport,
    along: Along,
  ): Socket | null;
  /** The adapter listens: `server.address` is the listener's address, and a shutdown closes the listener. */
  listening(listener: Listener): void;
  /** The adapter could not accept a connection, and goes on trying. The `error` hook gets "accept-failed". */
  acceptFailed(cause: unknown): void;
  /**
   * The adapter has refused a client before its request, because the client's certificate is not the certificate that the
   * option `tls` asks for. The `error` hook gets "handshake-refused".
   */
  clientRefused(why: string): void;
}
