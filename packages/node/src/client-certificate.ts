/** The certificate that a client has shown in TLS. */
import type { Duplex } from "node:stream";
import { type TLSSocket, Server as TlsServer } from "node:tls";
import { type ClientCertificate, clientCertificate } from "@sansocket/driver";

/** Certificates by socket. Node forgets the certificate when the socket is closed, and the `close` hook may ask for it. */
const remembered: WeakMap<Duplex, ClientCertificate> = new WeakMap();

interface Handle {
  readonly verifyError?: () => NodeJS.ErrnoException | null | undefined;
}

/**
 * OpenSSL's word for why the certificate is not trusted. Null when it is trusted. A tls.Server tells the verdict as
 * `authorized`. The place of the verdict in another TLSSocket is not documented. A certificate without a verdict is not
 * trusted.
 */
export function distrustOf(secure: TLSSocket): string | null {
  if (secure.getPeerX509Certificate() === undefined) return "NO_CERTIFICATE";
  const handle = (secure as unknown as { readonly _handle: Handle | null })._handle;
  if (typeof handle?.verifyError !== "function") return "NO_VERDICT";
  const error = handle.verifyError();
  return error == null ? null : (error.code ?? error.message);
}

/** Reads the certificate, for {@link clientCertificateOf}. */
export function rememberClient(secure: TLSSocket, distrust: string | null): void {
  const certificate = secure.getPeerX509Certificate();
  if (certificate !== undefined) remembered.set(secure, clientCertificate(certificate, distrust));
}

/** Null on clients, where the peer's certificate is the server's. */
export function clientCertificateOf(stream: Duplex): ClientCertificate | null {
  const { server } = stream as { readonly server?: unknown };
  if (!remembered.has(stream) && server instanceof TlsServer) {
    const secure = stream as TLSSocket;
    rememberClient(secure, secure.authorized ? null : String(secure.authorizationError));
  }
  return remembered.get(stream) ?? null;
}
