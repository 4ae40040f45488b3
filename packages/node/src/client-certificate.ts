/** The certificate that a client has shown in TLS. */
import type { Duplex } from "node:stream";
import { type TLSSocket, Server as TlsServer } from "node:tls";
import { type ClientCertificate, clientCertificate } from "@sansocket/driver";

/** Node forgets it when the socket is closed, and then somebody may want to know who has left. */
const remembered: WeakMap<Duplex, ClientCertificate> = new WeakMap();

interface Handle {
  readonly verifyError?: () => NodeJS.ErrnoException | null | undefined;
}

/**
 * Why nobody can trust the certificate, in OpenSSL's word; null when it is trusted. A tls.Server tells `authorized`; of another
 * TLSSocket it is undocumented where OpenSSL's verdict is. Where there is none, nobody is trusted.
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
