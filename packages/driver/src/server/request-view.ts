/** Facts of a request as its hooks and its socket see them, behind the types of `request-facts.ts`. */
import {
  forwardedFor,
  type HeaderList,
  normalizeOrigin,
  seenServer,
  type UpgradeHead,
} from "@sansocket/core";
import type { RequestFacts } from "../request-facts.ts";
import { type Headers, headersClass } from "../runtime/globals.ts";
import type { NetworkAddress, TlsFacts, Transport } from "../runtime/transport.ts";

/** The fields of a request, as core has judged them. */
export type PlainFields = Pick<UpgradeHead, "method" | "target" | "host" | "headers">;

/** The fields of a request to open a WebSocket, as core has judged them. */
export type UpgradeFields = PlainFields & Pick<UpgradeHead, "origin" | "protocols">;

/** The facts of the server that a request needs. */
export interface Surroundings {
  /** Whether the connections of the server are TLS. */
  readonly secure: boolean;
  /** The number of trusted proxies that stand before the server. */
  readonly proxies: number;
}

export abstract class RequestView implements RequestFacts {
  private readonly transport: Pick<Transport, "remoteAddress" | "tls">;
  private readonly surroundings: Surroundings;

  constructor(transport: Pick<Transport, "remoteAddress" | "tls">, surroundings: Surroundings) {
    this.transport = transport;
    this.surroundings = surroundings;
  }

  protected abstract get fields(): PlainFields;

  get method(): string {
    return this.fields.method;
  }

  get target(): string {
    return this.fields.target;
  }

  get host(): string {
    return this.fields.host;
  }

  get headerLines(): HeaderList {
    return this.fields.headers;
  }

  get headers(): Headers {
    const headers = new (headersClass())();
    for (const [name, value] of this.headerLines) headers.append(name, value);
    return headers;
  }

  get url(): URL {
    const { target, host: named, headers } = this.fields;
    const { secure, proxies } = this.surroundings;
    const own = secure ? "https" : "http";
    const asked = { scheme: own, host: named } as const;
    const seen = proxies > 0 ? seenServer(headers, asked) : asked;
    // A proxy may have let through a host with "/" or "@". A path or userinfo would begin at such a character, so the text is
    // no host.
    const host = normalizeOrigin(`http://${seen.host}`) === null ? "" : seen.host;
    const scheme = seen.scheme ?? own;
    const path = target.startsWith("/") ? target : ""; // "*" of OPTIONS, and host and port of CONNECT, are no path
    const url = `${scheme}://${host}${path}`;
    // HTTP allows more hosts than URLs do, for example "1.2.3.999". A peer must not make an application throw.
    return new URL(host !== "" && URL.canParse(url) ? url : `${scheme}://localhost${path}`);
  }

  get remoteAddress(): NetworkAddress | null {
    return this.transport.remoteAddress;
  }

  get clientAddress(): string | null {
    const { proxies } = this.surroundings;
    if (proxies > 0) return forwardedFor(this.headerLines, proxies);
    const { remoteAddress } = this;
    return remoteAddress !== null && "hostname" in remoteAddress ? remoteAddress.hostname : null;
  }

  get tls(): TlsFacts | null {
    return this.transport.tls;
  }
}
