/** What an endpoint is told when it is made. */

import { describeValue } from "../bytes/describe-value.ts";
import { givenOptions, requireObject } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { type ConnectionOptions, resolveSettings, type Settings } from "../connection/settings.ts";
import { type ExtensionAgreement, NO_EXTENSIONS } from "../extension/extension.ts";
import { checkAgreement } from "../extension/extension-negotiation.ts";
import { type AllowedHost, resolveAllowedHosts } from "../handshake/allowed-hosts.ts";
import { type OriginPolicy, resolveOriginPolicy } from "../handshake/origin.ts";
import { checkProtocols } from "../handshake/subprotocol.ts";
import type { ClientRequestOptions } from "./client-opening.ts";
import type { Refusal } from "./server-opening.ts";

/** What `Endpoint.server` and {@link serverSettings} take: what every connection has, and whom the server lets in. */
export interface ServerOptions extends ConnectionOptions, Partial<OriginPolicy> {
  /**
   * The hosts that the server answers for: "app.example" at any port, "app.example:8080", "[::1]", ".app.example" with every
   * name below it. Others get 421, also for plain requests. With `trustProxy` the host is the one that the proxy says. Keeps
   * out pages whose name was made to resolve to this server (DNS rebinding). Default null: any.
   */
  readonly allowedHosts?: readonly string[] | null;
  /** The body, as text, of what the engine answers to a request that it refuses itself. Default: none. */
  readonly explain?: (refusal: Refusal) => string;
}
/** What `Endpoint.client` takes: what every connection has, and what the client's request says. */
export interface ClientOptions extends ConnectionOptions, ClientRequestOptions {}

/** {@link ServerOptions}, checked once for any number of endpoints; see {@link serverSettings}. */
export interface ServerSettings extends Settings {
  readonly originPolicy: OriginPolicy;
  /** Null: any. */
  readonly allowedHosts: readonly AllowedHost[] | null;
  readonly explain: ((refusal: Refusal) => string) | null;
}

/** What a foreign opening handshake agreed on. */
export interface Agreed {
  /** Default "": none. */
  readonly protocol?: string;
  /** From `acceptOffers` or `confirmResponse`. Default: none. */
  readonly agreement?: ExtensionAgreement;
}

/**
 * Checks a server's options once. Give the result to `Endpoint.server` for each connection: they then share it.
 * @throws MisuseError as `Endpoint.server` does.
 */
export function serverSettings(options: ServerOptions): ServerSettings {
  const { allowedHosts = null, explain } = givenOptions("options", options);
  if (explain !== undefined && typeof explain !== "function") {
    throw new MisuseError(`options.explain is ${describeValue(explain)}: give a function`);
  }
  return {
    ...resolveSettings(options),
    originPolicy: resolveOriginPolicy(options),
    allowedHosts: allowedHosts === null ? null : resolveAllowedHosts(allowedHosts),
    explain: explain ?? null,
  };
}

/** Whether the options are {@link ServerSettings} already. Their own members say so: what all objects inherit does not. */
export function isServerSettings(options: object): options is ServerSettings {
  requireObject("options", options);
  return Object.hasOwn(options, "originPolicy");
}

/** The same for the settings of any endpoint. */
function isSettings(options: object): options is Settings {
  requireObject("options", options);
  return Object.hasOwn(options, "maskingKeys");
}

/**
 * What an endpoint behind a foreign handshake begins with.
 * @throws MisuseError for another role, for what is no agreement, for options that are wrong.
 */
export function checkedOpening(
  role: "client" | "server",
  agreed: Agreed,
  options: ConnectionOptions | Settings,
): Required<Agreed> & { readonly settings: Settings } {
  if (role !== "client" && role !== "server") {
    throw new MisuseError(`role is ${describeValue(role)}: give "client" or "server"`);
  }
  const { protocol = "", agreement = NO_EXTENSIONS } = givenOptions("agreed", agreed);
  if (protocol !== "") checkProtocols([protocol]);
  checkAgreement(agreement);
  const settings = isSettings(options) ? options : resolveSettings(options);
  return { protocol, agreement, settings };
}

/**
 * Whole milliseconds are as fine as any deadline here, and an integer costs a connection no memory of its own, which a
 * fraction does.
 */
export function checkedTime(now: number, last: number): number {
  if (typeof now !== "number" || !Number.isFinite(now)) {
    throw new MisuseError(
      `now is ${describeValue(now)}: it must be milliseconds of a monotonic clock`,
    );
  }
  return Math.max(Math.floor(now), last);
}
