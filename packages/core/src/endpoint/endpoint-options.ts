/** What an endpoint is told when it is made. */

import { describeValue } from "../bytes/describe-value.ts";
import { givenOptions } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import {
  type ConnectionOptions,
  connectionSettings,
  DEFAULT_CLIENT_LIMITS,
  type Settings,
  settingsKind,
} from "../connection/settings.ts";
import { type ExtensionAgreement, NO_EXTENSIONS } from "../extension/extension.ts";
import { checkAgreement } from "../extension/extension-negotiation.ts";
import { resolveAllowedHosts } from "../handshake/allowed-hosts.ts";
import { type OriginPolicy, resolveOriginPolicy } from "../handshake/origin.ts";
import { checkProtocols } from "../handshake/subprotocol.ts";
import {
  type ClientRequest,
  type ClientRequestOptions,
  resolveClientRequest,
} from "./client-opening.ts";
import type { Refusal, ServerPolicy } from "./server-opening.ts";

/** What `Endpoint.server` and {@link serverSettings} take: what every connection has, and whom the server lets in. */
export interface ServerEndpointOptions extends ConnectionOptions, Partial<OriginPolicy> {
  /**
   * The hosts that the server answers for: "app.example" at any port, "app.example:8080", "[::1]", ".app.example" with every
   * name below it. Others get 421, also for plain requests. With `trustProxy` the host is the one that the proxy says. Keeps
   * out pages whose name was made to resolve to this server (DNS rebinding). Default null: any.
   */
  readonly allowedHosts?: readonly string[] | null;
  /** The body, as text, of what the engine answers to a request that it refuses itself. Default: none. */
  readonly explain?: (refusal: Refusal) => string;
  /**
   * The body, as text, of the answer at the end of `timeouts.handshake`: 408 for a request that is not complete, 503 for one that
   * the application has not decided about. Default: none.
   */
  readonly explainTimeout?: (status: 408 | 503) => string;
}
/** What `Endpoint.client` takes: what every connection has, and what the client's request says. */
export interface ClientEndpointOptions extends ConnectionOptions, ClientRequestOptions {}

/** {@link ServerEndpointOptions}, checked once for any number of endpoints; see {@link serverSettings}. */
export interface ServerSettings extends Settings, ServerPolicy {
  /** See {@link Settings.kind}. */
  readonly kind: "server";
}

/** {@link ClientEndpointOptions}, checked once for any number of endpoints; see {@link clientSettings}. */
export interface ClientSettings extends Settings, ClientRequest {
  /** See {@link Settings.kind}. */
  readonly kind: "client";
}

/** What a foreign opening handshake agreed on. */
export interface Agreed {
  /** Default "": none. */
  readonly protocol?: string;
  /** From `acceptOffers` or `confirmResponse`. Default: none. */
  readonly agreement?: ExtensionAgreement;
}

/**
 * Checks a server's options once. Give the result to `Endpoint.server` for each connection: they then share it. A server's
 * settings come back as they are; settings of any connection are completed.
 * @throws MisuseError as `Endpoint.server` does.
 */
export function serverSettings(given: ServerEndpointOptions | ServerSettings): ServerSettings {
  if (isKind("server", given)) return given as ServerSettings;
  const options = given as ServerEndpointOptions;
  const { allowedHosts = null, explain, explainTimeout } = givenOptions("options", options);
  for (const [name, value] of Object.entries({ explain, explainTimeout })) {
    if (value === undefined || typeof value === "function") continue;
    throw new MisuseError(`options.${name} is ${describeValue(value)}: give a function`);
  }
  return {
    ...connectionSettings(options),
    kind: "server",
    originPolicy: resolveOriginPolicy(options),
    allowedHosts: allowedHosts === null ? null : resolveAllowedHosts(allowedHosts),
    explain: explain ?? null,
    explainTimeout: explainTimeout ?? null,
  };
}

/**
 * Checks a client's options once. Give the result to `Endpoint.client` for each connection to the same URL: they then share
 * it. A client's settings come back as they are; settings of any connection are completed.
 * @throws MisuseError as `Endpoint.client` does.
 */
export function clientSettings(given: ClientEndpointOptions | ClientSettings): ClientSettings {
  if (isKind("client", given)) return given as ClientSettings;
  const options = given as ClientEndpointOptions;
  const settings = connectionSettings(options, DEFAULT_CLIENT_LIMITS);
  return { ...settings, kind: "client", ...resolveClientRequest(options) };
}

/** @throws MisuseError for settings of the other role. */
function isKind(role: "client" | "server", given: object): boolean {
  const kind = settingsKind(given);
  if (kind === null || kind === "connection") return false;
  if (kind === role) return true;
  throw new MisuseError(`options are the settings of a ${kind}: give those of a ${role}`);
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
  return { protocol, agreement, settings: connectionSettings(options) };
}
