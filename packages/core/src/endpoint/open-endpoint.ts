/** Makes one side of a connection behind an opening handshake that another program part has done. */
import { describeValue } from "../bytes/describe-value.ts";
import { givenOptions } from "../bytes/given-arguments.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { createConnection } from "../connection/connection.ts";
import { checkedTime } from "../connection/deadline.ts";
import { CLIENT, SERVER } from "../connection/role.ts";
import {
  type ConnectionOptions,
  connectionSettings,
  type Settings,
} from "../connection/settings.ts";
import { openConnection } from "../connection/transitions.ts";
import { type ExtensionAgreement, NO_EXTENSIONS } from "../extension/extension.ts";
import { checkAgreement } from "../extension/extension-negotiation.ts";
import { checkProtocols } from "../handshake/subprotocol.ts";
import { Endpoint } from "./endpoint.ts";

/** The subprotocol and the extensions that a foreign opening handshake agreed on. */
export interface Agreed {
  /** Default "": none. */
  readonly protocol?: string;
  /** From `acceptOffers` or `confirmResponse`. Default: none. */
  readonly agreement?: ExtensionAgreement;
}

/**
 * Makes an endpoint behind a foreign opening handshake, for example an HTTP server's upgrade or an HTTP/2 stream. The first
 * input is the bytes behind the handshake.
 * @throws MisuseError for an unknown role, for a value that is no agreement, and for wrong options.
 */
export function openEndpoint(
  role: "client" | "server",
  agreed: Agreed,
  options: ConnectionOptions | Settings,
  now: number,
): Endpoint {
  if (role !== "client" && role !== "server") {
    throw new MisuseError(`role is ${describeValue(role)}: give "client" or "server"`);
  }
  const { protocol = "", agreement = NO_EXTENSIONS } = givenOptions("agreed", agreed);
  if (protocol !== "") checkProtocols([protocol]);
  checkAgreement(agreement);
  const settings = connectionSettings(options);
  const time = checkedTime(now, 0);
  const connection = createConnection(role === "server" ? SERVER : CLIENT, settings, time);
  openConnection(connection, protocol, agreement);
  return new Endpoint(connection, null, null);
}
