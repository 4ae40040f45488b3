/** Makes the client's side of a connection. */
import { createConnection } from "../connection/connection.ts";
import { checkedTime } from "../connection/deadline.ts";
import { CLIENT } from "../connection/role.ts";
import { startHandshakeTimer } from "../connection/timers.ts";
import { createClientOpening, expireClientOpening, stepClientOpening } from "./client-opening.ts";
import { Endpoint } from "./endpoint.ts";
import {
  type ClientEndpointOptions,
  type ClientSettings,
  clientSettings,
} from "./endpoint-options.ts";
import { queueHead } from "./http-output.ts";
import type { OpeningRules } from "./opening.ts";

const RULES: OpeningRules = {
  step: stepClientOpening,
  expire: expireClientOpening,
  answers: null,
};

/**
 * Makes the client's side of a transport that is connected to the host of `options.url`, and queues the request.
 * @throws MisuseError for options that are wrong.
 */
export function clientEndpoint(
  options: ClientEndpointOptions | ClientSettings,
  now: number,
): Endpoint {
  const settings = clientSettings(options);
  const { opening, head } = createClientOpening(settings);
  const connection = createConnection(CLIENT, settings, checkedTime(now, 0));
  startHandshakeTimer(connection);
  queueHead(connection, head, null);
  return new Endpoint(connection, opening, RULES);
}
