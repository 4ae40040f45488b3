/**
 * The hosts that a server answers for (RFC 9110 §7.4). Another site can make its own name resolve to the address of this
 * server (DNS rebinding). The Origin and the Host of its pages then agree, so the check of the Origin accepts them. Only
 * the name in the Host field tells such pages from the server's own.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { requireList } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { NO_PORT, normalizeHost, parsePort, splitAuthority } from "./authority.ts";

/** One entry, in the form for comparisons. */
export interface AllowedHost {
  /** Normalized; without its leading dot. */
  readonly name: string;
  /** The entry had a leading dot: the names below it match too. */
  readonly hasSubdomains: boolean;
  /** Null: any port. */
  readonly port: number | null;
}

/**
 * @param hosts names or addresses: "app.example" at any port, "app.example:8080" at that one, ".app.example" with every name
 * below it, "[::1]". No scheme, no pattern.
 * @throws MisuseError for a text that no Host field can have.
 */
export function resolveAllowedHosts(hosts: readonly string[]): readonly AllowedHost[] {
  requireList("allowedHosts", hosts);
  if (hosts.length === 0) {
    throw new MisuseError(
      "allowedHosts is empty, so that every request would be refused: leave it out to allow any",
    );
  }
  return hosts.map((text: unknown, index) => {
    const entry = typeof text === "string" ? parseEntry(text) : null;
    if (entry !== null) return entry;
    throw new MisuseError(
      `allowedHosts[${index}] ${describeValue(text)} is not a host: give a name or an address, perhaps with a port, such as ` +
        '"app.example", "app.example:8080", "[::1]", or ".app.example" for every name below it; no scheme, no pattern',
    );
  });
}

function parseEntry(text: string): AllowedHost | null {
  const hasSubdomains = text.startsWith(".");
  const written = splitAuthority(hasSubdomains ? text.slice(1) : text);
  const name = normalizeHost(written.host);
  const port = parsePort(written.port, NO_PORT);
  // RFC 3986 §3.2.2 allows a star in a host, but the star is no pattern there.
  if (name === null || port === null || name.includes("*")) return null;
  return { name: withoutDot(name), hasSubdomains, port: port === NO_PORT ? null : port };
}

/** A dot at the end of a name, the root, does not change the host that the name means. */
function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** @param defaultPort the port of a host without a port: the default port of the scheme. */
export function isHostAllowed(
  host: string,
  defaultPort: number,
  allowed: readonly AllowedHost[],
): boolean {
  const written = splitAuthority(host);
  const normalized = normalizeHost(written.host);
  const port = parsePort(written.port, defaultPort);
  if (normalized === null || port === null) return false;
  const name = withoutDot(normalized);
  return allowed.some((entry) => {
    if (entry.port !== null && entry.port !== port) return false;
    return name === entry.name || (entry.hasSubdomains && name.endsWith(`.${entry.name}`));
  });
}
