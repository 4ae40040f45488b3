/**
 * The driver's errors. Each has a `code` to branch on, the same on every runtime, and a message for people: what happened,
 * where, and what can be done.
 *
 * Mistakes of the caller are `MisuseError` of `@sansocket/core` and thrown where they are made. A socket's `send`, `ping`,
 * `close` and `closed` never reject.
 */
import type { ServerResponse, TimeoutName, Violation } from "@sansocket/core";

/** Why `connect` gave up. */
export type ConnectErrorCode =
  /** `signal` was aborted; its reason is the `cause`. */
  | "aborted"
  /** `timeouts.handshake` passed before the connection was open. */
  | "timeout"
  /** No connection to the host: the name was not found, nobody listens, no route. The runtime's error is the `cause`. */
  | "unreachable"
  /** The TLS handshake failed, for instance on a certificate that is not trusted. */
  | "tls-failed"
  /** The server answered with another status than 101: see `response`. */
  | "refused"
  /** The server's answer breaks a rule of the opening handshake: see `violation`. */
  | "violation"
  /** The connection ended before the server had answered. */
  | "ended"
  /** The proxy refused to connect, or its answer was no answer: see `status`. */
  | "proxy-refused"
  /** A redirect that is not followed: too many, no or a bad Location, or from wss to ws. */
  | "redirect-refused";

export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: ConnectErrorCode;
  /** The server's answer, with its body as far as `limits.refusalBody` goes. */
  readonly response: ServerResponse | null;
  readonly violation: Violation | null;
  /** The HTTP status of the server or the proxy, 0 if none was seen. */
  readonly status: number;

  constructor(code: ConnectErrorCode, message: string, facts: ConnectErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.response = facts.response ?? null;
    this.violation = facts.violation ?? null;
    this.status = facts.status ?? facts.response?.status ?? 0;
  }
}

export interface ConnectErrorFacts {
  readonly cause?: unknown;
  readonly response?: ServerResponse | null;
  readonly violation?: Violation | null;
  readonly status?: number;
}

/** Why an open connection did not end with both Closes. */
export type ConnectionErrorCode =
  /** The peer broke a rule: see `violation`. */
  | "violation"
  /** A timer ran out: see `timeout`. */
  | "timeout"
  /** The transport failed: the message names what the runtime says, ECONNRESET and the like. */
  | "transport-failed"
  /** The peer ended its stream without a Close. */
  | "no-close"
  /** `limits.unsent` was reached: the peer does not read, and the application did not heed `"pressure"`. */
  | "unsent-limit"
  /** What `sendStream` was reading from threw: its error is the `cause`. */
  | "source-failed"
  /** A hook threw or rejected: its error is the `cause`. */
  | "hook-failed"
  /** `abort` was called, or the grace of a shutdown passed. */
  | "aborted";

export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  readonly violation: Violation | null;
  readonly timeout: TimeoutName | null;

  constructor(code: ConnectionErrorCode, message: string, facts: ConnectionErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.violation = facts.violation ?? null;
    this.timeout = facts.timeout ?? null;
  }
}

export interface ConnectionErrorFacts {
  readonly cause?: unknown;
  readonly violation?: Violation | null;
  readonly timeout?: TimeoutName | null;
}

/** What went wrong on a server that is not about one open socket. */
export type ServerErrorCode =
  /** The port or path could not be listened on. */
  | "listen-failed"
  /** `signal` aborted before the server listened: its reason is the `cause`. */
  | "aborted"
  /** A connection could not be accepted: too many open files, as a rule. The server goes on. */
  | "accept-failed"
  /** `maxConnections` are open: one more was dropped. */
  | "connection-limit"
  /** An opening handshake was refused by the engine: see `violation`. */
  | "handshake-refused"
  /** A hook threw or rejected: its error is the `cause`. */
  | "hook-failed";

export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ServerErrorCode;
  readonly violation: Violation | null;

  constructor(
    code: ServerErrorCode,
    message: string,
    facts: { readonly cause?: unknown; readonly violation?: Violation } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.violation = facts.violation ?? null;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
