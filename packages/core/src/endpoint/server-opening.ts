/**
 * The server's side of the opening handshake, as a phase of an endpoint (RFC 6455 §4.2). The server reads a head, judges
 * it, asks the application and answers.
 */

import { describeValue } from "../bytes/describe-value.ts";
import { givenOptions, requireString } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { encodeUtf8 } from "../bytes/utf8-text.ts";
import { applyInputEnd, endAfterLastWord, failHandshake } from "../connection/closing.ts";
import { type Connection, InputEnd, Reading, Writing } from "../connection/connection.ts";
import { hasInput, readTo, setInputAside } from "../connection/input.ts";
import { stepAtRest } from "../connection/receiving.ts";
import { Step } from "../connection/step.ts";
import { advanceTime, noteTimeout } from "../connection/timers.ts";
import { disposeOf, type ExtensionAgreement } from "../extension/extension.ts";
import { acceptOffers } from "../extension/extension-negotiation.ts";
import { type AllowedHost, isHostAllowed } from "../handshake/allowed-hosts.ts";
import { seenServer } from "../handshake/forwarded.ts";
import {
  type HandshakeFault,
  type HandshakeFaultKind,
  requestFault,
} from "../handshake/handshake-fault.ts";
import { type HeaderList, headerValues } from "../handshake/header-list.ts";
import { readRequestHead } from "../handshake/http-head.ts";
import { createHttpHeadReader, type HttpHeadReader } from "../handshake/http-head-reader.ts";
import { isOriginAllowed, type OriginPolicy, ownOrigin } from "../handshake/origin.ts";
import { judgeRequest, type PlainHead, type UpgradeHead } from "../handshake/request.ts";
import { encodeAcceptance, encodeAnswer } from "../handshake/response.ts";
import { queueHead } from "./http-output.ts";

/** The rules by which the engine itself refuses requests. */
export interface ServerPolicy {
  /** The pages that may connect. */
  readonly originPolicy: OriginPolicy;
  /** null: any. */
  readonly allowedHosts: readonly AllowedHost[] | null;
  /** The body of a refusal, as text; null for none. */
  readonly explain: ((refusal: Refusal) => string) | null;
  /** The body of the answer at the end of `timeouts.handshake`, as text; null for none. */
  readonly explainTimeout: ((status: 408 | 503) => string) | null;
}

/** A request that the engine has refused, with the facts of the verdict: enough to explain the refusal and its remedy. */
export interface Refusal {
  /** The fault for which the engine refuses the request. */
  readonly fault: HandshakeFault;
  /** The header lines that were read. */
  readonly headers: HeaderList;
  /** Host and port of the request, as written; "" when the request names none, or when the fault was found earlier. */
  readonly host: string;
  /** The server's own origin, derived from the request; null when the request does not tell it. */
  readonly ownOrigin: string | null;
}

export interface ServerOpening {
  readonly role: "server";
  readonly reader: HttpHeadReader;
  readonly policy: ServerPolicy;
  /** The request that the engine itself has refused; null without such a request. */
  refusal: Refusal | null;
  /**
   * The request about which the application decides. null before the head is complete, and when the engine itself has
   * decided.
   */
  request: UpgradeHead | PlainHead | null;
  /** The application or the engine has answered the request. */
  isAnswered: boolean;
}

/** The parts of the 101 that the application chooses. */
export interface AcceptOptions {
  /** One of `request.protocols`; absent or "": none (RFC 6455 §4.2.2). */
  readonly protocol?: string;
  /** More header lines, for example Set-Cookie. The engine writes the header lines of the handshake. */
  readonly headers?: HeaderList;
}

/** An HTTP answer. */
export interface AnswerOptions {
  /** More header lines. The engine writes Content-Length, Connection and the header lines that the status demands. */
  readonly headers?: HeaderList;
  /** A string is sent as UTF-8. Default: none. */
  readonly body?: string | Uint8Array;
}

export function createServerOpening(policy: ServerPolicy): ServerOpening {
  return {
    role: "server",
    reader: createHttpHeadReader("request"),
    policy,
    refusal: null,
    request: null,
    isAnswered: false,
  };
}

export function stepServerOpening(connection: Connection, opening: ServerOpening): Step {
  if (connection.reading === Reading.Frames && opening.request === null) {
    if (readHead(connection, opening)) return Step.Request;
  }
  if (opening.request !== null && !opening.isAnswered) return stepUndecided(connection, opening);
  return stepAtRest(connection);
}

/** The application has not decided. The bytes behind the head wait, and a peer that leaves ends the connection. */
function stepUndecided(connection: Connection, opening: ServerOpening): Step {
  if (connection.reading !== Reading.Frames) return stepAtRest(connection); // aborted
  setInputAside(connection);
  const { request } = opening;
  const isHalfClosed = connection.inputEnd === InputEnd.EndOfStream;
  // RFC 9112 §9.6: an HTTP client may end its stream behind its request and wait for the answer. A WebSocket needs both
  // directions.
  if (isHalfClosed && request?.kind === "plain") return Step.Idle;
  if (connection.inputEnd === InputEnd.Unknown) return Step.Idle;
  applyInputEnd(connection);
  return stepAtRest(connection);
}

/** @returns true when the application has to decide about a request. */
function readHead(connection: Connection, opening: ServerOpening): boolean {
  const { reader } = opening;
  const { limits } = connection.settings;
  while (!reader.done && reader.fault === null) {
    if (!hasInput(connection)) return false;
    const { memory, position, end } = connection;
    readTo(connection, readRequestHead(reader, memory!.bytes, position, end, limits));
  }
  if (reader.fault !== null) {
    refuse(connection, opening, reader.fault, "");
    return false;
  }
  const verdict = judgeRequest(reader);
  if (verdict.kind === "refused") {
    const [host = ""] = headerValues(reader.headers, "host");
    refuse(connection, opening, verdict.fault, host);
    return false;
  }
  const fault = faultOfPolicy(verdict, opening.policy);
  if (fault !== null) {
    refuse(connection, opening, requestFault(fault), verdict.host);
    return false;
  }
  opening.request = verdict;
  return true;
}

/** Judges a sound request by the policy: may this page connect, and does the server answer for this host? */
function faultOfPolicy(
  verdict: UpgradeHead | PlainHead,
  { originPolicy, allowedHosts }: ServerPolicy,
): HandshakeFaultKind | null {
  const { host, headers } = verdict;
  if (allowedHosts !== null) {
    const scheme = originPolicy.secure ? "https" : "http";
    const own = { scheme, host } as const;
    const seen = originPolicy.trustProxy ? seenServer(headers, own) : own;
    const defaultPort = (seen.scheme ?? scheme) === "https" ? 443 : 80;
    if (!isHostAllowed(seen.host, defaultPort, allowedHosts)) return "host-refused";
  }
  if (verdict.kind === "plain") return null;
  const isAllowed = isOriginAllowed(verdict.origin, host, headers, originPolicy);
  return isAllowed ? null : "origin-refused";
}

/** §4.2.1: answers a request that is no proper opening handshake with an HTTP error, and ends the connection. */
function refuse(
  connection: Connection,
  opening: ServerOpening,
  fault: HandshakeFault,
  host: string,
): void {
  const { explain, originPolicy } = opening.policy;
  const { headers } = opening.reader;
  const refusal: Refusal = {
    fault,
    headers,
    host,
    ownOrigin: ownOrigin(host, headers, originPolicy),
  };
  opening.refusal = refusal;
  queueAnswer(connection, opening, fault.status, asText(explain?.(refusal)));
  failHandshake(connection, fault);
}

/** The body may contain bytes of the peer, so the browser must show it as text and never run it as a page. */
function asText(body = ""): AnswerOptions {
  return body === "" ? {} : { headers: AS_TEXT, body };
}

const AS_TEXT: HeaderList = [
  ["Content-Type", "text/plain; charset=utf-8"],
  ["X-Content-Type-Options", "nosniff"],
];

/** Sends the 101. @returns null when the peer has left, or the engine has answered, before the decision. */
export function acceptUpgrade(
  connection: Connection,
  opening: ServerOpening,
  options: AcceptOptions,
): { readonly protocol: string; readonly agreement: ExtensionAgreement } | null {
  const request = requireRequest(opening, "accept");
  if (request.kind !== "upgrade") {
    throw new MisuseError(
      "accept: the request does not ask for a WebSocket: answer the request with respond",
    );
  }
  const { protocol = "", headers = [] } = givenOptions("options", options);
  requireString("options.protocol", protocol);
  if (protocol !== "" && !request.protocols.includes(protocol)) {
    throw new MisuseError(
      `accept: the client did not offer the subprotocol ${JSON.stringify(protocol)} (RFC 6455 §4.2.2); it offered ` +
        `${JSON.stringify(request.protocols)}`,
    );
  }
  if (!isOpenForAnswer(connection, opening)) return null;
  const agreement = acceptOffers(request.offers, connection.settings.extensions);
  let head: string;
  try {
    head = encodeAcceptance({
      key: request.key,
      protocol,
      extensions: agreement.extensions,
      headers,
    });
  } catch (misuse) {
    disposeOf(agreement.session);
    throw misuse;
  }
  queueHead(connection, head, null);
  opening.isAnswered = true;
  return { protocol, agreement };
}

/** Answers the request with HTTP. @returns false when the decision is late. */
export function answerRequest(
  connection: Connection,
  opening: ServerOpening,
  command: "reject" | "respond",
  status: number,
  options: AnswerOptions,
  now: number,
): boolean {
  const request = requireRequest(opening, command);
  if (command === "reject" && request.kind !== "upgrade") {
    throw new MisuseError("reject is for upgrade requests; answer a plain one with respond");
  }
  if (command === "respond" && request.kind !== "plain") {
    throw new MisuseError(
      "respond is for plain requests: answer an upgrade request with accept or reject",
    );
  }
  const lowest = command === "reject" ? 300 : 200;
  if (!Number.isInteger(status) || status < lowest || status > 599) {
    throw new MisuseError(
      `${command}: status ${describeValue(status)} is not one of ${lowest} to 599 (RFC 9110 §15)`,
    );
  }
  if (!isOpenForAnswer(connection, opening)) return false;
  queueAnswer(connection, opening, status, options);
  advanceTime(connection, now);
  endAfterLastWord(connection);
  return true;
}

/** The deadline of the handshake has passed before the request was complete (408), or before the decision (503). */
export function expireServerOpening(connection: Connection, opening: ServerOpening): void {
  noteTimeout(connection, "handshake");
  const status = opening.request === null ? 408 : 503;
  queueAnswer(connection, opening, status, asText(opening.policy.explainTimeout?.(status)));
  endAfterLastWord(connection);
}

function requireRequest(opening: ServerOpening, command: string): UpgradeHead | PlainHead {
  if (opening.request === null) throw new MisuseError(`${command} before Step.Request`);
  return opening.request;
}

function isOpenForAnswer(connection: Connection, opening: ServerOpening): boolean {
  return (
    !opening.isAnswered &&
    connection.writing === Writing.Open &&
    connection.reading === Reading.Frames
  );
}

function queueAnswer(
  connection: Connection,
  opening: ServerOpening,
  status: number,
  options: AnswerOptions,
): void {
  const { body = "", headers = [] } = givenOptions("options", options);
  if (typeof body !== "string" && !isBytes(body)) {
    throw new MisuseError(`options.body is ${describeValue(body)}: give a string or a Uint8Array`);
  }
  const bytes = typeof body === "string" ? encodeUtf8(body) : body;
  const head = encodeAnswer(status, { headers, bodyLength: bytes.length });
  // RFC 9110 §9.3.2: the answer to HEAD announces the length of the body, and has no body.
  queueHead(connection, head, opening.reader.method === "HEAD" ? null : bytes);
  opening.isAnswered = true;
}
