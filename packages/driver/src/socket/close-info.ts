/** How a connection ended, for applications. */
import { closeOutcome, type Ended, type Violation } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { ConnectionError } from "../errors.ts";

/** How a connection ended, for `socket.closed` and the hook `close`. */
export interface CloseInfo {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived (RFC 6455 §7.1.5). */
  readonly code: number;
  /** The reason of the peer's Close. */
  readonly reason: string;
  /** Each side has sent a Close and has received a Close (RFC 6455 §7.1.4). */
  readonly wasClean: boolean;
  /** The side that sent the first Close; null if there was none. */
  readonly initiator: "local" | "peer" | null;
  /**
   * The reason for an end that was not clean. Null after a clean end, and where we sent a Close and the peer left without an
   * answer.
   */
  readonly error: ConnectionError | null;
  /**
   * The number of messages that had arrived whole, and that the application had not got when the driver told the application of
   * the end. The hook `close` is called after the messages: a `message` hook gets none of the messages that `close` counts. The
   * promise `closed` does not wait for the application: a `message` hook may still get the messages that `closed` counts. A
   * loop gets the waiting messages, whenever the loop asks.
   */
  readonly undelivered: number;
  /** The facts of the engine about the end, with both Close frames. */
  readonly ended: Ended;
}

/**
 * @param failure the reason for which the driver or the application ended the connection. This reason has precedence over the
 * acts of the peer.
 */
export function closeInfo(
  ended: Ended,
  failure: ConnectionError | null,
  undelivered: number,
): CloseInfo {
  const { code, reason, wasClean } = closeOutcome(ended);
  const error = failure ?? (wasClean ? null : errorOf(ended));
  return { code, reason, wasClean, initiator: ended.firstClose, error, undelivered, ended };
}

function errorOf(ended: Ended): ConnectionError | null {
  const { violation, timeout, transportError, isAborted, localClose } = ended;
  if (violation !== null) return violationError(violation);
  if (isAborted) return new ConnectionError("aborted", "the connection was aborted");
  if (timeout !== null) {
    const message = `timeouts.${timeout} passed: ${TIMEOUT_SENTENCES[timeout]}`;
    return new ConnectionError("timeout", message, { timeout });
  }
  if (transportError !== null) {
    return new ConnectionError("transport-failed", `the transport failed: ${transportError}`);
  }
  // Our Close was sent. A peer that leaves without an answer does no harm.
  if (localClose !== null) return null;
  return new ConnectionError(
    "no-close",
    "the peer ended the connection without a Close frame (RFC 6455 §7.1.5: 1006)",
  );
}

export function violationError(violation: Violation): ConnectionError {
  return new ConnectionError("violation", describeViolation(violation), { violation });
}

const TIMEOUT_SENTENCES: { readonly [name in NonNullable<Ended["timeout"]>]: string } = {
  handshake: "the opening handshake was not done",
  idle: "nothing was received from the peer",
  pong: "nothing was received from the peer after a ping",
  lifetime: "the connection has reached its lifetime",
  close: "the peer did not finish the closing handshake",
};
