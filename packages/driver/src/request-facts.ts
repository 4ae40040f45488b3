/** The facts of a request: types that the hooks of a server and the sockets share. */
import type { HeaderList } from "@sansocket/core";
import type { NetworkAddress, TlsFacts } from "./runtime/transport.ts";

/** Facts of every HTTP request, whatever the request asks for. */
export interface RequestFacts {
  /** GET, POST and so on, as the peer sent it. */
  readonly method: string;
  /** Path and query as the peer sent them, beginning with "/". */
  readonly target: string;
  /** Host and port as the peer named them. */
  readonly host: string;
  /** The header lines in their order, with repetitions. */
  readonly headerLines: HeaderList;
  /** The header lines as a `Headers`, made at each call. */
  readonly headers: Headers;
  /**
   * The target as a URL, made at each call. The host is the one that the peer named, and "localhost" where a URL may not have
   * that host. With `trustProxy` scheme, host and port are those that the proxy tells, and for which the client asked.
   */
  readonly url: URL;
  /** The address that is connected to this server. Behind a proxy, this is the address of the proxy. */
  readonly remoteAddress: NetworkAddress | null;
  /**
   * The address of the client, as text. With `trustProxy` the address that was connected to the outermost of the trusted
   * proxies, counted from the right of X-Forwarded-For or Forwarded (RFC 7239): the client may have written the addresses
   * further left itself. Null when the address is not known, as behind a unix socket, or when the fields name fewer proxies
   * than are trusted.
   */
  readonly clientAddress: string | null;
  /** The facts of TLS; null without TLS. */
  readonly tls: TlsFacts | null;
}

/** Facts of a request to open a WebSocket. */
export interface UpgradeFacts extends RequestFacts {
  /** The Origin header: null when absent, and then no browser is asking. The origin has passed `allowedOrigins`. */
  readonly origin: string | null;
  /** The subprotocols offered, in the client's order of preference. */
  readonly protocols: readonly string[];
  /**
   * The HTTP server's own object for the request, where an HTTP server has read the request: of `handleUpgrade` on Node the
   * IncomingMessage, with what middleware has put on it. Null otherwise.
   */
  readonly raw: unknown;
}

/** The request that opened a socket: its facts. The decision about it has been made. */
export interface AcceptedRequest extends UpgradeFacts {}
