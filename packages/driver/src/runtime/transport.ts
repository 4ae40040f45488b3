/**
 * The part that a runtime offers: a stream of bytes in both directions, and a handler that is told when the stream moves.
 * This package writes everything above it once.
 */

/**
 * One connected stream. No method calls a handler before the method returns. After `onClosed` no method does anything.
 */
export interface Transport {
  /**
   * Writes the chunks, in order, behind everything written before.
   * @param isConstant nobody ever writes the bytes of the chunks again: a transport may return true and go on reading them.
   * Default false.
   * @returns true: all chunks are taken, and are the caller's again. false: the chunks are borrowed until `onDrain`, and the
   * caller writes nothing more before.
   */
  write(chunks: readonly Uint8Array[], isConstant?: boolean): boolean;
  /**
   * Writes what the runtime takes of the chunks at once, and keeps nothing of the rest: the caller gives the rest to `write`.
   * A long transmission begins so, in one call in place of many. Absent: the runtime does not tell at once how much it has
   * taken.
   * @returns the number of bytes taken.
   */
  writeAtOnce?(chunks: readonly Uint8Array[]): number;
  /**
   * Ends the writing half behind everything written before (TCP FIN, TLS close_notify and FIN). Reading goes on.
   * @returns true: everything is taken. false: `onDrain` says when.
   */
  endWrite(): boolean;
  /** Lets go of the stream in both directions, at once. `onClosed` follows. */
  destroy(): void;
  /** Asks for no more input. Bytes that were on their way may still come. */
  pause(): void;
  /** Takes back {@link pause}. */
  resume(): void;
  /**
   * Tells `handler` from now on, in place of the one before: the connection moves to another server of this process. Absent:
   * the connection cannot move.
   */
  handOn?(handler: TransportHandler): void;
  /** The address of the peer. Null where the runtime knows none. */
  readonly remoteAddress: NetworkAddress | null;
  /** The facts that TLS agreed on. Null without TLS. */
  readonly tls: TlsFacts | null;
}

/** A handler is told what happens to a {@link Transport}. */
export interface TransportHandler {
  /** Bytes from the peer, borrowed until this returns. */
  onData(chunk: Uint8Array): void;
  /** Memory for the next read, see {@link onInbox}. All connections of a thread share one array. */
  readonly inbox: Uint8Array<ArrayBuffer>;
  /** The first `byteCount` bytes of {@link inbox} are from the peer. */
  onInbox(byteCount: number): void;
  /** The peer has ended its stream. Writing goes on. */
  onEnd(): void;
  /**
   * Everything that `write` or `endWrite` did not take at once is taken now. Not called behind a write or an end that failed:
   * `onClosed` tells of the failure.
   */
  onDrain(): void;
  /**
   * The stream is gone in both directions. Called exactly once, as the last call. `error` is the runtime's word for the
   * reason.
   */
  onClosed(error?: string): void;
}

/**
 * Connects a handler to a stream that is there already. No handler is called before the function has returned. Bytes that
 * arrived before are kept.
 */
export type OpenTransport = (handler: TransportHandler) => Transport;

/** The place of one end: a host and a port, or the path of a unix socket. */
export type NetworkAddress =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

/** The facts about the TLS below a connection. */
export interface TlsFacts {
  /** "TLSv1.3" and the like. Null where the runtime does not say. */
  readonly protocol: string | null;
  /** The protocol that ALPN chose (RFC 7301). Null where ALPN was not used. */
  readonly alpnProtocol: string | null;
  /** The name that the client asked for (SNI). Null on a side, or in a runtime, that does not tell the name. */
  readonly serverName: string | null;
  /**
   * The certificate that the client has shown to a server with `tls.requestCert`, and has proven to be its own. Null where
   * the server did not ask, where the client has no certificate, and on clients.
   */
  readonly clientCertificate: ClientCertificate | null;
}

/** A certificate of X.509 (RFC 5280). */
export interface ClientCertificate {
  /**
   * An authority of `tls.ca` vouches for the certificate, and the certificate is valid now. Anybody can make a certificate
   * that no authority vouches for.
   */
  readonly isTrusted: boolean;
  /**
   * The runtime's word for why the certificate is not trusted: "DEPTH_ZERO_SELF_SIGNED_CERT" and the like. Null when it is.
   */
  readonly distrust: string | null;
  /** The name of the owner, one attribute per line: "C=CH\nCN=alice". */
  readonly subject: string;
  /** Other names of the owner: "DNS:a.example, email:a@a.example". Null when there are none. */
  readonly subjectAltName: string | null;
  /** The name of the authority that vouches for the certificate, written as `subject` is. */
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** "Nov 26 00:00:00 2026 GMT". */
  readonly validFrom: string;
  /** The end of the validity, written as `validFrom` is. */
  readonly validTo: string;
  /** SHA-256 of the whole certificate: 32 bytes in hexadecimal, with colons between them. */
  readonly fingerprint256: string;
}
