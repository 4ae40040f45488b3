/** The certificate of a client, as applications see it, and what is said of a client that is refused for it. */
import type { ClientCertificate } from "../runtime/transport.ts";

/** The fields of an X509Certificate of `node:crypto`, which Bun has too. */
export interface CertificateFields {
  /** The owner of the certificate, as Node writes a distinguished name: a line for each part. */
  readonly subject: string;
  /** The other names, as Node writes them; undefined for none. */
  readonly subjectAltName: string | undefined;
  /** The authority that issued the certificate, written as `subject` is. */
  readonly issuer: string;
  /** In hexadecimal digits. */
  readonly serialNumber: string;
  /** As `Date` reads it. */
  readonly validFrom: string;
  /** As `Date` reads it. */
  readonly validTo: string;
  /** SHA-256 of the whole certificate. */
  readonly fingerprint256: string;
}

/** @param distrust why it is not trusted; null when it is. */
export function clientCertificate(
  fields: CertificateFields,
  distrust: string | null,
): ClientCertificate {
  const { subject, subjectAltName, issuer, serialNumber, validFrom, validTo, fingerprint256 } =
    fields;
  return {
    isTrusted: distrust === null,
    distrust,
    subject,
    subjectAltName: subjectAltName ?? null,
    issuer,
    serialNumber,
    validFrom,
    validTo,
    fingerprint256,
  };
}

/** Why a client is refused that has shown no certificate. */
export const CERTIFICATE_MISSING = "it has no certificate, and tls.requestCert asks for one";

/** Why a client is refused whose certificate is not trusted. */
export function certificateDistrusted(distrust: string): string {
  return `its certificate is not trusted: ${distrust}. tls.ca has those who vouch for clients`;
}
