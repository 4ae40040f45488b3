/** TLS of a server: its certificates, and the certificates that the server asks clients for. */
import { givenOptions, MisuseError } from "@sansocket/core";
import { isMisuse, messageOf } from "../errors.ts";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import { aBoolean, aString, aStringOrSeveral, type OptionKind, shown } from "../option-kinds.ts";

/** A certificate and its key, in PEM. */
export interface TlsCertificate {
  /** The certificate, followed by the chain to an authority that clients know. */
  readonly cert: string;
  /** The key of `cert`. */
  readonly key: string;
  /** The passphrase of an encrypted key. */
  readonly passphrase?: string;
}

/** Versions of TLS. RFC 8996: 1.0 and 1.1 must not be used. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** TLS of a server: its certificates, and the certificates that the server asks clients for. */
export interface TlsServerOptions extends TlsCertificate {
  /**
   * Other certificates, by the name that the client asks for (SNI, RFC 6066 §3): `{ "b.example": { cert, key } }`.
   * "*.c.example" stands for every name with one more label. A client that asks for no name, or for another name, gets `cert`.
   */
  readonly serverNames?: Readonly<Record<string, TlsCertificate>>;
  /**
   * The server asks clients for a certificate (RFC 8446 §4.3.2), see `socket.tls.clientCertificate`. Default false. The option
   * needs `ca`, unless `rejectUnauthorized` is false.
   */
  readonly requestCert?: boolean;
  /**
   * Certificates, in PEM, of the authorities that vouch for clients. No other authority does: the system's authorities vouch
   * for servers.
   */
  readonly ca?: string | readonly string[];
  /**
   * false: the server also serves clients without a certificate, and clients with a certificate that no authority in `ca` has
   * issued. The `upgrade` hook then looks at `request.tls.clientCertificate`. Default true: such a client is refused before the
   * client can send a request.
   */
  readonly rejectUnauthorized?: boolean;
  /** Default "TLSv1.2". */
  readonly minVersion?: TlsVersion;
  /** Default "TLSv1.3". */
  readonly maxVersion?: TlsVersion;
  /** The ciphers in the words of OpenSSL, the most wanted first. Default: the ciphers of the runtime. */
  readonly ciphers?: string;
}

const VERSIONS: readonly unknown[] = ["TLSv1.2", "TLSv1.3"];

const aTlsVersion: OptionKind = (path, value) => {
  if (VERSIONS.includes(value)) return;
  throw new MisuseError(`${path} is ${shown(value)}: give "TLSv1.2" or "TLSv1.3"`);
};

const CERTIFICATE: KnownOptions<TlsCertificate> = {
  cert: aString,
  key: aString,
  passphrase: aString,
};

/** Certificates by names. The names are written in the form in which names are compared: without regard to case (RFC 6066 §3). */
const certificatesByName: OptionKind = (path, value) => {
  const given = givenOptions(path, value as object) as Record<string, TlsCertificate>;
  const named: Record<string, TlsCertificate> = Object.create(null);
  for (const [name, certificate] of Object.entries(given)) {
    if (!isServerName(name)) {
      throw new MisuseError(
        `${path} has the name ${shown(name)}: give names of hosts, "a.example" or "*.a.example", without a port`,
      );
    }
    named[name.toLowerCase()] = requireCertificate(
      `${path}[${shown(name)}]`,
      checkOptions(`${path}[${shown(name)}]`, certificate, CERTIFICATE),
    );
  }
  return named;
};

/** Whether the name is no address, because SNI allows no address: the last label of an IPv4 address is all digits. */
function isServerName(name: string): boolean {
  return /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name) && !/(^|\.)[0-9]+$/.test(name);
}

function requireCertificate<Given extends Partial<TlsCertificate>>(
  path: string,
  given: Given,
): Given {
  for (const name of ["cert", "key"] as const) {
    if (given[name] !== undefined) continue;
    throw new MisuseError(`${path}.${name} is missing: give it in PEM`);
  }
  return given;
}

const KNOWN: KnownOptions<TlsServerOptions> = {
  ...CERTIFICATE,
  serverNames: certificatesByName,
  requestCert: aBoolean,
  ca: aStringOrSeveral,
  rejectUnauthorized: aBoolean,
  minVersion: aTlsVersion,
  maxVersion: aTlsVersion,
  ciphers: aString,
};

/**
 * Judges options that have a meaning only together. An option without effect would look like a protection.
 * @throws MisuseError
 */
export function checkTlsServerOptions(path: string, value: unknown): TlsServerOptions {
  const given = requireCertificate(path, checkOptions(path, value, KNOWN) as TlsServerOptions);
  const { requestCert, ca, rejectUnauthorized, minVersion, maxVersion } = given;
  if (requestCert !== true) {
    for (const name of ["ca", "rejectUnauthorized"] as const) {
      if (given[name] === undefined) continue;
      throw new MisuseError(
        `${path}.${name} is about certificates of clients, and this server asks for none: give requestCert: true too`,
      );
    }
  } else if (rejectUnauthorized !== false && (ca === undefined || ca.length === 0)) {
    throw new MisuseError(
      `${path}.requestCert needs ca, the certificates of those who vouch for clients; or rejectUnauthorized: false, and an ` +
        "upgrade hook that looks at request.tls.clientCertificate",
    );
  }
  if (minVersion === "TLSv1.3" && maxVersion === "TLSv1.2") {
    throw new MisuseError(`${path}.minVersion is above maxVersion: no client could connect`);
  }
  return given;
}

/** The part of a listener that replaces its TLS. */
export interface Rekeyed {
  setTls?(options: TlsServerOptions): void;
}

/**
 * Makes the listener replace its TLS.
 * @throws MisuseError for options that the runtime refuses, or where the runtime cannot replace TLS. After the exception, the
 * listener still has its old TLS.
 */
export function replaceTls(listener: Rekeyed | null, given: TlsServerOptions): void {
  if (listener?.setTls === undefined) {
    throw new MisuseError("setTls is for a server that listens by TLS: give serve the option tls");
  }
  try {
    listener.setTls(given);
  } catch (cause) {
    if (isMisuse(cause)) throw cause;
    throw new MisuseError(`tls is refused, and the server keeps what it has: ${messageOf(cause)}`);
  }
}
