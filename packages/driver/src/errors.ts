/**
 * The driver's errors. Each has a `code` to branch on, the same on every runtime, and a message for people: what happened, where,
 * and what can be done.
 *
 * A mistake of the caller is a `MisuseError` of `@sansocket/core`, thrown where the caller makes the mistake. A socket's `send`,
 * `ping`, `close` and `closed` never reject.
 */
import {
  MisuseError,
  type ServerResponse,
  type TimeoutName,
  type Violation,
} from "@sansocket/core";

/** Why `connect` gave up. */
export type ConnectErrorCode =
  /** `signal` was aborted; its reason is the `cause`. */
  | "aborted"
  /** `timeouts.handshake` passed before the connection was open. */
  | "timeout"
  /** No connection to the host: the name was not found, no server listens, no route. The runtime's error is the `cause`. */
  | "unreachable"
  /** The TLS handshake failed, for instance on a certificate that is not trusted. */
  | "tls-failed"
  /** The server answered with another status than 101: see `response`. */
  | "refused"
  /** The server's answer breaks a rule of the opening handshake: see `violation`. */
  | "violation"
  /** The connection ended before the server had answered. */
  | "ended"
  /** An extension or a part of the runtime threw in the opening handshake: the error is the `cause`. */
  | "engine-failed"
  /** The proxy refused to connect (see `response`), or gave no valid answer. */
  | "proxy-refused"
  /**
   * The client does not follow a redirect: there are too many, the Location is absent or bad, or the way leads from wss to ws.
   */
  | "redirect-refused";

/** `connect` did not get a connection; `code` says why. */
export class ConnectError extends Error {
  /** "ConnectError", to tell it from other errors across copies of the package. */
  override readonly name = "ConnectError";
  /** Why, to branch on. */
  readonly code: ConnectErrorCode;
  /**
   * The answer of the server, or with "proxy-refused" of the proxy. The answer has its body as far as `limits.refusalBody` goes.
   */
  readonly response: ServerResponse | null;
  /** With "violation": the rule that the server broke. */
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

/** The facts that a {@link ConnectError} carries. */
export interface ConnectErrorFacts {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Default null: none was read. */
  readonly response?: ServerResponse | null;
  /** Default null: no rule was broken. */
  readonly violation?: Violation | null;
  /** Default: the status of `response`, or 0. */
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
  /** The source of `sendStream` threw: its error is the `cause`. */
  | "source-failed"
  /** A hook threw or rejected: its error is the `cause`. */
  | "hook-failed"
  /**
   * An extension, a transport or the runtime's decoder threw inside the engine. Or a message is larger than the
   * runtime's strings or memory allow. The error is the `cause`.
   */
  | "engine-failed"
  /** `abort` was called, or the grace of a shutdown passed. */
  | "aborted"
  /** The connection has moved to another process or server: it goes on there. */
  | "handed-off";

/** A connection that was open did not end cleanly; `code` says why. */
export class ConnectionError extends Error {
  /** "ConnectionError", to tell it from other errors across copies of the package. */
  override readonly name = "ConnectionError";
  /** Why, to branch on. */
  readonly code: ConnectionErrorCode;
  /** With "violation": the rule that the peer broke. */
  readonly violation: Violation | null;
  /** With "timeout": the timer that ran out. */
  readonly timeout: TimeoutName | null;

  constructor(code: ConnectionErrorCode, message: string, facts: ConnectionErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.violation = facts.violation ?? null;
    this.timeout = facts.timeout ?? null;
  }
}

/** The facts that a {@link ConnectionError} carries. */
export interface ConnectionErrorFacts {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Default null: no rule was broken. */
  readonly violation?: Violation | null;
  /** Default null: no timer ran out. */
  readonly timeout?: TimeoutName | null;
}

/** The reason of a {@link ServerError}: a problem of a server that is not about one open socket. */
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

/**
 * Something failed that belongs to no open socket: `serve` rejects with it, or the hook `error` hears it. `code` says which part
 * failed.
 */
export class ServerError extends Error {
  /** "ServerError", to tell it from other errors across copies of the package. */
  override readonly name = "ServerError";
  /** The part that failed, to branch on. */
  readonly code: ServerErrorCode;
  /** With "handshake-refused": the rule that the request broke. */
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

/**
 * The text of a thrown value. Never throws, although some values have no text: a hook may throw a value that its peer has sent,
 * such as `{ "toString": 1 }`. An error of another realm has a message too.
 */
export function messageOf(error: unknown): string {
  return textOf(error, "message") ?? stringOf(error);
}

/**
 * The property of a thrown value, if the property is text; otherwise null. Never throws, although getters and Proxies may throw.
 */
export function textOf(error: unknown, name: "message" | "name" | "code"): string | null {
  if (typeof error !== "object" || error === null) return null;
  try {
    const text: unknown = (error as { readonly [key in typeof name]?: unknown })[name];
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

/** Whether a caller has made a mistake. Never throws, although `instanceof` throws for a Proxy that has been revoked. */
export function isMisuse(error: unknown): error is MisuseError {
  try {
    return error instanceof MisuseError;
  } catch {
    return false;
  }
}

function stringOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `something of type ${typeof value} that cannot be made text`;
  }
}

/** Prints an error that no hook hears of. Never throws, although the printed object may bring code of its own. */
export function printError(error: unknown): void {
  try {
    console.error(error);
  } catch {
    printText(messageOf(error));
  }
}

function printText(text: string): void {
  try {
    console.error(text);
  } catch {
    // The console itself throws: no place is left to print the error.
  }
}
