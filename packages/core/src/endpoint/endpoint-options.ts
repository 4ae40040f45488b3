/** What an endpoint is told when it is made. */
import { requireObject } from "../bytes/given-arguments.ts";
import { type ConnectionOptions, resolveSettings, type Settings } from "../connection/settings.ts";
import type { ExtensionAgreement } from "../extension/extension.ts";
import { type OriginPolicy, resolveOriginPolicy } from "../handshake/origin.ts";
import type { ClientRequestOptions } from "./client-opening.ts";

export interface ServerOptions extends ConnectionOptions, Partial<OriginPolicy> {}
export interface ClientOptions extends ConnectionOptions, ClientRequestOptions {}

/** {@link ServerOptions}, checked once for any number of endpoints; see {@link serverSettings}. */
export interface ServerSettings extends Settings {
  readonly originPolicy: OriginPolicy;
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
  return { ...resolveSettings(options), originPolicy: resolveOriginPolicy(options) };
}

/** Whether the options are {@link ServerSettings} already. Their own members say so: what all objects inherit does not. */
export function isServerSettings(options: object): options is ServerSettings {
  requireObject("options", options);
  return Object.hasOwn(options, "originPolicy");
}

/** The same for the settings of any endpoint. */
export function isSettings(options: object): options is Settings {
  requireObject("options", options);
  return Object.hasOwn(options, "maskingKeys");
}
