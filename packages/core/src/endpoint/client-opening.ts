/**
 * The client's side of the opening handshake, as a phase of an endpoint (RFC 6455 §4.1). The client sends the request,
 * reads the answer and judges the answer. The client sends no frame before the verdict.
 */
import { givenOptions, requireList } from "../bytes/given-arguments.ts";
import { failHandshake } from "../connection/closing.ts";
import { type Connection, InputEnd, Phase, Reading } from "../connection/connection.ts";
import { hasInput, readTo } from "../connection/input.ts";
import { stepAtRest } from "../connection/receiving.ts";
import type { Settings } from "../connection/settings.ts";
import { Step } from "../connection/step.ts";
import { noteTimeout, shortenHandshakeTimer } from "../connection/timers.ts";
import { finish, openConnection } from "../connection/transitions.ts";
import { formatExtensions } from "../extension/extension-header.ts";
import { clientOffers } from "../extension/extension-negotiation.ts";
import {
  checkOutgoingHeaders,
  type HeaderList,
  RESERVED_HEADERS,
} from "../handshake/header-list.ts";
import { readResponseHead, restartHttpHead } from "../handshake/http-head.ts";
import { createHttpHeadReader, type HttpHeadReader } from "../handshake/http-head-reader.ts";
import { createKey } from "../handshake/opening-key.ts";
import { encodeRequest } from "../handshake/request.ts";
import { judgeResponse, type ServerResponse } from "../handshake/response.ts";
import {
  createResponseBody,
  endResponseBody,
  type ResponseBody,
  readResponseBody,
} from "../handshake/response-body.ts";
import { checkProtocols } from "../handshake/subprotocol.ts";
import { parseWebSocketUri, type WebSocketUri } from "../handshake/websocket-uri.ts";

export interface ClientOpening {
  readonly role: "client";
  readonly reader: HttpHeadReader;
  readonly key: string;
  readonly protocols: readonly string[];
  /** Statuses of the refusals whose body the engine does not read. */
  readonly unreadBodies: readonly number[];
  /** The body of a refusal, while it is read. */
  body: ResponseBody | null;
  /** The server's answer; null until its head is complete. */
  response: ServerResponse | null;
}

/** The parts of a client's opening request (RFC 6455 §4.1), and the statuses whose body is not read. */
export interface ClientRequestOptions {
  /** A ws or wss URI (RFC 6455 §3). The host connects the transport, with TLS for wss; the engine writes the request. */
  readonly url: string;
  /** Subprotocols to offer, in order of preference. Default none. */
  readonly protocols?: readonly string[];
  /**
   * More header lines, for example Origin, Cookie or Authorization. The engine writes the header lines of the handshake.
   */
  readonly headers?: HeaderList;
  /**
   * Statuses of the refusals that the engine reports at their head, without the body. Example: a host that follows
   * redirects gives their statuses. Default none.
   */
  readonly unreadBodies?: readonly number[];
}

/** {@link ClientRequestOptions}, checked. */
export interface ClientRequest {
  /** The URL, taken apart. */
  readonly uri: WebSocketUri;
  /** The subprotocols offered, the most wanted first. */
  readonly protocols: readonly string[];
  /** More header lines. */
  readonly headers: HeaderList;
  /** The statuses of answers that end without their body. */
  readonly unreadBodies: readonly number[];
}

/** @throws MisuseError for a URI, subprotocol or header that cannot be sent. */
export function resolveClientRequest(given: ClientRequestOptions): ClientRequest {
  const options = givenOptions("options", given);
  const { url, protocols = [], headers = [], unreadBodies = [] } = options;
  requireList("options.unreadBodies", unreadBodies);
  const uri = parseWebSocketUri(url);
  checkProtocols(protocols);
  checkOutgoingHeaders(headers, RESERVED_HEADERS);
  return { uri, protocols, headers, unreadBodies };
}

/**
 * @returns the opening, and the head of its request. Each opening has a key of its own: §4.1 wants a nonce selected "for
 * each connection".
 */
export function createClientOpening(settings: Settings & ClientRequest): {
  readonly opening: ClientOpening;
  readonly head: string;
} {
  const { uri, protocols, headers, unreadBodies } = settings;
  const nonce = new Uint8Array(16);
  settings.host.random(nonce);
  const key = createKey(nonce);
  const offers = clientOffers(settings.extensions);
  const head = encodeRequest({
    hostHeader: uri.hostHeader,
    resource: uri.resource,
    key,
    protocols,
    offers: offers.length === 0 ? null : formatExtensions(offers),
    headers,
  });
  return {
    opening: {
      role: "client",
      reader: createHttpHeadReader("response"),
      key,
      protocols,
      unreadBodies,
      body: null,
      response: null,
    },
    head,
  };
}

export function stepClientOpening(connection: Connection, opening: ClientOpening): Step {
  if (connection.reading === Reading.Frames) {
    if (opening.body === null) readHead(connection, opening);
    if (opening.body !== null) readBody(connection, opening, opening.body);
    if (connection.phase !== Phase.Opening) return Step.Open;
  }
  return stepAtRest(connection);
}

function readHead(connection: Connection, opening: ClientOpening): void {
  const { reader } = opening;
  const { limits } = connection.settings;
  for (;;) {
    while (!reader.done && reader.fault === null) {
      if (!hasInput(connection)) return;
      const { memory, position, end } = connection;
      readTo(connection, readResponseHead(reader, memory!.bytes, position, end, limits));
    }
    if (reader.fault !== null) {
      failHandshake(connection, reader.fault);
      finish(connection);
      return;
    }
    // RFC 9110 §15.2: any number of interim responses may come first. Of the 1xx statuses, only 101 is final here.
    if (reader.statusCode >= 200 || reader.statusCode === 101) break;
    restartHttpHead(reader);
  }
  judge(connection, opening);
}

function judge(connection: Connection, opening: ClientOpening): void {
  const { reader } = opening;
  const { statusCode: status, statusText, headers, minorVersion } = reader;
  const head = { status, statusText, headers, minorVersion };
  opening.response = { ...head, body: new Uint8Array(0), isBodyTruncated: false };
  const verdict = judgeResponse(head, {
    key: opening.key,
    protocols: opening.protocols,
    extensions: connection.settings.extensions,
  });
  if (verdict.kind === "accepted") {
    openConnection(connection, verdict.protocol, verdict.agreement);
    return;
  }
  if (head.status === 101) {
    // The bytes behind a 101 are no HTTP, so the engine waits for no body.
    failHandshake(connection, verdict.fault);
    finish(connection);
    return;
  }
  const { limits, timeouts } = connection.settings;
  const isUnread = opening.unreadBodies.includes(head.status);
  opening.body = createResponseBody(head, isUnread ? 0 : limits.refusalBody);
  // A body may have no end while the connection stays open, so the engine waits only `timeouts.refusalBody`.
  shortenHandshakeTimer(connection, timeouts.refusalBody);
}

/** Reads the body of a refusal, as far as the limit and the deadlines allow. The body often says why the server refuses. */
function readBody(connection: Connection, opening: ClientOpening, body: ResponseBody): void {
  while (!body.done) {
    if (!hasInput(connection)) {
      if (connection.inputEnd === InputEnd.Unknown) return;
      endResponseBody(body);
      break;
    }
    const { memory, position, end } = connection;
    readTo(connection, readResponseBody(body, memory!.bytes, position, end));
  }
  refuse(connection, opening, body);
}

function refuse(connection: Connection, opening: ClientOpening, body: ResponseBody): void {
  const head = opening.response!;
  const isBodyTruncated = body.truncated || body.malformed;
  opening.response = { ...head, body: body.bytes, isBodyTruncated };
  const verdict = judgeResponse(head, {
    key: opening.key,
    protocols: opening.protocols,
    extensions: [],
  });
  if (verdict.kind !== "refused") throw new Error("bug: a response was refused and then accepted");
  failHandshake(connection, verdict.fault);
  finish(connection);
}

/**
 * The deadline has passed. Without a complete head the handshake ends. A refusal is reported with the part of its body that
 * has arrived.
 */
export function expireClientOpening(connection: Connection, opening: ClientOpening): void {
  if (opening.body === null) {
    noteTimeout(connection, "handshake");
    finish(connection);
    return;
  }
  endResponseBody(opening.body);
  opening.body.truncated = true;
  refuse(connection, opening, opening.body);
}
