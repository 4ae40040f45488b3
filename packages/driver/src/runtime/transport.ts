/**
 * What a runtime has to offer: a stream of octets in both directions, and a way to be told when it moves. Everything above
 * it is written once, in this package.
 */

/**
 * One connected stream. None of its methods calls a handler before it returns, and after `onClosed` none of them does
 * anything.
 */
export interface Transport {
  /**
   * Writes the chunks, in order, behind everything written before.
   * @returns true: taken, the chunks are the caller's again. false: they are borrowed until `onDrain`, and nothing more
   * is written before.
   */
  write(chunks: readonly Uint8Array[]): boolean;
  /**
   * Ends the writing half behind everything written before (TCP FIN, TLS close_notify and FIN); reading goes on.
   * @returns true: all of it was taken. false: `onDrain` says when.
   */
  endWrite(): boolean;
  /** Lets go of the stream in both directions, at once. `onClosed` follows. */
  destroy(): void;
  /** Asks for no more input. What was on its way may still come. */
  pause(): void;
  /** Takes back {@link pause}. */
  resume(): void;
  /** Where the peer is; null when nobody knows. */
  readonly remoteAddress: NetworkAddress | null;
  /** What TLS agreed on; null without TLS. */
  readonly tls: TlsFacts | null;
}

/** Who is told what happens to a {@link Transport}. */
export interface TransportHandler {
  /** Octets from the peer, borrowed until this returns. */
  onData(chunk: Uint8Array): void;
  /** Where the next octets may be read to, for {@link onInbox}; one array for all connections of a thread. */
  readonly inbox: Uint8Array<ArrayBuffer>;
  /** The first `byteCount` octets of {@link inbox} are from the peer. */
  onInbox(byteCount: number): void;
  /** The peer has ended its stream; writing goes on. */
  onEnd(): void;
  /** What `write` or `endWrite` did not take at once is taken now. Never behind one that failed: `onClosed` tells of that. */
  onDrain(): void;
  /** The stream is gone, in both directions. Exactly once, and last. `error` is what the runtime calls the reason. */
  onClosed(error?: string): void;
}

/**
 * Connects a handler to a stream that is there already. No handler is called before this has returned, and what arrived
 * in the meantime is kept.
 */
export type OpenTransport = (handler: TransportHandler) => Transport;

/** Where something listens, or is connected from: a host and a port, or the path of a unix socket. */
export type NetworkAddress =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

/** What is known of the TLS below a connection. */
export interface TlsFacts {
  /** "TLSv1.3" and the like; null where the runtime does not say. */
  readonly protocol: string | null;
  /** The protocol that ALPN chose (RFC 7301); null when it was not used. */
  readonly alpnProtocol: string | null;
  /** The name that the client asked for (SNI), on the side and in the runtimes that tell it. */
  readonly serverName: string | null;
  /**
   * What the client has shown to a server with `tls.requestCert`, proven to be its own. Null when nobody asked, when the client
   * has none, and on clients.
   */
  readonly clientCertificate: ClientCertificate | null;
}

/** A certificate of X.509 (RFC 5280). */
export interface ClientCertificate {
  /** Somebody of `tls.ca` vouches for it, and it is valid now. Anybody can make one for whom nobody does. */
  readonly isTrusted: boolean;
  /** Why it is not trusted, in the runtime's word: "DEPTH_ZERO_SELF_SIGNED_CERT" and the like. Null when it is. */
  readonly distrust: string | null;
  /** Whose it is, one attribute per line: "C=CH\nCN=alice". */
  readonly subject: string;
  /** Other names of whom it is: "DNS:a.example, email:a@a.example". Null when it has none. */
  readonly subjectAltName: string | null;
  /** Who vouches for it, as `subject` is written. */
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** "Nov 26 00:00:00 2026 GMT". */
  readonly validFrom: string;
  /** When it ends to hold, written as `validFrom` is. */
  readonly validTo: string;
  /** SHA-256 of the whole certificate: 32 bytes in hexadecimal, with colons between them. */
  readonly fingerprint256: string;
}
