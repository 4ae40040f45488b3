/**
 * The certificate of a client, as applications see the certificate, and the reasons for which a client is refused because of
 * its certificate.
 */
import type { ClientCertificate } from "./transport.ts";

/** The fields of an X509Certificate of `node:crypto`, which Bun has too. */
export interface CertificateFields {
  /** The owner of the certificate, as Node writes a distinguished name: one line for each part. */
  readonly subject: string;
  /** The other names of the owner, as Node writes these names; undefined for no other name. */
  readonly subjectAltName: string | undefined;
  /** The authority that issued the certificate, in the same form as `subject`. */
  readonly issuer: string;
  /** The serial number in hexadecimal digits. */
  readonly serialNumber: string;
  /** The start of the validity, in a form that `Date` reads. */
  readonly validFrom: string;
  /** The end of the validity, in a form that `Date` reads. */
  readonly validTo: string;
  /** SHA-256 of the whole certificate. */
  readonly fingerprint256: string;
}

/** @param distrust the reason for which the certificate is not trusted; null for a trusted certificate. */
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

/** The reason for refusing a client that has shown no certificate. */
export const CERTIFICATE_MISSING = "it has no certificate, and tls.requestCert asks for one";

/** The reason for refusing a client whose certificate is not trusted. */
export function certificateDistrusted(distrust: string): string {
  return `its certificate is not trusted: ${distrust}. tls.ca has those who vouch for clients`;
}
