/** TLS over the connections that a server accepts. The handshake comes later. */
import type { Socket } from "node:net";
import {
  createSecureContext,
  type SecureContext,
  TLSSocket,
  type TLSSocketOptions,
} from "node:tls";
import {
  type Acceptor,
  CERTIFICATE_MISSING,
  certificateDistrusted,
  type OpenTransport,
  type TlsCertificate,
  type TlsServerOptions,
} from "@sansocket/driver";
import { distrustOf, rememberClient } from "./client-certificate.ts";
import { fromDuplex } from "./node-transport.ts";

/**
 * A connection counts from the moment it was accepted, and `timeouts.handshake` is for both handshakes. A tls.Server would
 * not show the connections whose handshake is under way. So this class does the work of a tls.Server for its sockets: it
 * chooses the certificate, and judges the certificate of the client.
 */
export class Securing {
  private readonly acceptor: Pick<Acceptor, "clientRefused">;
  private tls: TlsServerOptions;
  private options: TLSSocketOptions;

  /** @throws the error of Node about a certificate, a key or the ciphers. */
  constructor(acceptor: Pick<Acceptor, "clientRefused">, tls: TlsServerOptions) {
    this.acceptor = acceptor;
    this.tls = tls;
    this.options = socketOptions(tls);
  }

  /** For the connections that are accepted from now on. @throws as the constructor; nothing has changed then. */
  replace(tls: TlsServerOptions): void {
    this.options = socketOptions(tls);
    this.tls = tls;
  }

  transportOf(socket: Socket): OpenTransport {
    const { options, tls } = this;
    return (handler) => {
      const secure = new TLSSocket(socket, options);
      // RFC 6455 needs no renegotiation, and under TLS 1.2 each one costs the server more than the client.
      secure.disableRenegotiation();
      secure.on(TLS_FAILED, onTlsFailed);
      if (tls.requestCert === true) this.judgeClient(secure, tls.rejectUnauthorized !== false);
      return fromDuplex(secure)(handler);
    };
  }

  /** Judges before the first byte of the client is read: the event `secure` comes from inside of the handshake. */
  private judgeClient(secure: TLSSocket, isTrustNeeded: boolean): void {
    secure.once("secure", () => {
      const distrust = distrustOf(secure);
      rememberClient(secure, distrust);
      if (distrust === null || !isTrustNeeded) return;
      this.acceptor.clientRefused(certificateDistrusted(distrust));
      secure.destroy(Object.assign(new Error(distrust), { code: distrust }));
    });
    secure.once(TLS_FAILED, ({ code }: NodeJS.ErrnoException) => {
      // OpenSSL itself refuses a client without a certificate.
      if (code !== "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") return;
      this.acceptor.clientRefused(CERTIFICATE_MISSING);
    });
  }
}

/**
 * Every option is said, also those that are as Node has them by default: nothing is left to what the command line or
 * Object.prototype say.
 */
function socketOptions(tls: TlsServerOptions): TLSSocketOptions {
  const { serverNames = {}, requestCert = false, rejectUnauthorized = true } = tls;
  const named = Object.entries(serverNames).map(
    ([name, certificate]) => [name, contextOf(tls, certificate)] as const,
  );
  return {
    isServer: true,
    secureContext: contextOf(tls, tls),
    ALPNProtocols: ["http/1.1"],
    requestCert,
    rejectUnauthorized,
    ...(named.length > 0 && { SNICallback: chooseFrom(new Map(named)) }),
  };
}

function contextOf(
  tls: TlsServerOptions,
  { cert, key, passphrase }: TlsCertificate,
): SecureContext {
  const { ca = [], ciphers, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" } = tls;
  return createSecureContext({
    cert,
    key,
    passphrase,
    // A list of none, and not the default: the authorities of the system vouch for servers.
    ca: typeof ca === "string" ? ca : [...ca],
    ciphers,
    minVersion,
    maxVersion,
    // As in a tls.Server: of the ciphers that both sides know, the order of ours decides.
    honorCipherOrder: true,
    // Without an identifier, OpenSSL ends every connection that resumes a session with a certificate of the client.
    sessionIdContext: "sansocket",
  });
}

/** RFC 6125 §6.4.3: the asterisk stands for one label. An exact name goes before it. */
function chooseFrom(contexts: ReadonlyMap<string, SecureContext>): TLSSocketOptions["SNICallback"] {
  return (serverName, done) => {
    const name = serverName.toLowerCase();
    const dot = name.indexOf(".");
    const wildcard = dot < 1 ? "" : `*${name.slice(dot)}`;
    done(null, contexts.get(name) ?? contexts.get(wildcard));
  };
}

/**
 * The event for a failure behind the handshake: a record that does not decrypt, a renegotiation. Node does not document the
 * event. A tls.Server passes it on as `error`. A TLSSocket that no tls.Server has made tells of such a failure in no other
 * way.
 */
const TLS_FAILED = "_tlsError";

function onTlsFailed(this: TLSSocket, error: Error): void {
  this.destroy(error);
}
