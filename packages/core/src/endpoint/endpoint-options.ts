/** The options of an endpoint, and the settings that the checked options become. */

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
import { resolveAllowedHosts } from "../handshake/allowed-hosts.ts";
import { type OriginPolicy, resolveOriginPolicy } from "../handshake/origin.ts";
import {
  type ClientRequest,
  type ClientRequestOptions,
  resolveClientRequest,
} from "./client-opening.ts";
import type { Refusal, ServerPolicy } from "./server-opening.ts";

/**
 * The options of `serverEndpoint` and {@link serverSettings}: those of every connection, and the rules of which requests
 * the server accepts.
 */
export interface ServerEndpointOptions extends ConnectionOptions, Partial<OriginPolicy> {
  /**
   * The hosts that the server answers for: "app.example" at any port, "app.example:8080", "[::1]", ".app.example" with
   * every name below it. A request for another host is answered with 421, a plain request too. With `trustProxy` the host
   * is the one that the proxy names. The option protects against pages whose name resolves to this server (DNS rebinding).
   * Default null: any host.
   */
  readonly allowedHosts?: readonly string[] | null;
  /** Returns the body, as text, of the answer to a request that the engine itself refuses. Default: no body. */
  readonly explain?: (refusal: Refusal) => string;
  /**
   * Returns the body, as text, of the answer at the end of `timeouts.handshake`. 408: the request is not complete. 503: the
   * application has not decided. Default: no body.
   */
  readonly explainTimeout?: (status: 408 | 503) => string;
}

/**
 * The options of `clientEndpoint` and {@link clientSettings}: those of every connection, and those of the client's
 * request.
 */
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

/**
 * Checks the options of a server once. Give the result to `serverEndpoint` for each connection: all connections then share
 * one object. The function returns the settings of a server unchanged, and completes the settings of a connection.
 * @throws MisuseError as `serverEndpoint` does.
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
 * Checks the options of a client once. Give the result to `clientEndpoint` for each connection to the same URL: all
 * connections then share one object. The function returns the settings of a client unchanged, and completes the settings of
 * a connection.
 * @throws MisuseError as `clientEndpoint` does.
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
