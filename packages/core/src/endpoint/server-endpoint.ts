/** Makes the server's side of a connection. */
import { createConnection } from "../connection/connection.ts";
import { checkedTime } from "../connection/deadline.ts";
import { SERVER } from "../connection/role.ts";
import { startHandshakeTimer } from "../connection/timers.ts";
import { Endpoint } from "./endpoint.ts";
import {
  type ServerEndpointOptions,
  type ServerSettings,
  serverSettings,
} from "./endpoint-options.ts";
import type { OpeningRules } from "./opening.ts";
import {
  acceptUpgrade,
  answerRequest,
  createServerOpening,
  expireServerOpening,
  stepServerOpening,
} from "./server-opening.ts";

const RULES: OpeningRules = {
  step: stepServerOpening,
  expire: expireServerOpening,
  answers: { accept: acceptUpgrade, answer: answerRequest },
};

/**
 * Makes the server's side of a connection that a client has just opened.
 * @throws MisuseError for options that are wrong.
 */
export function serverEndpoint(
  options: ServerEndpointOptions | ServerSettings,
  now: number,
): Endpoint {
  const settings = serverSettings(options);
  const connection = createConnection(SERVER, settings, checkedTime(now, 0));
  startHandshakeTimer(connection);
  return new Endpoint(connection, createServerOpening(settings), RULES);
}
