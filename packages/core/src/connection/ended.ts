/** How a connection ended: the facts, and the close code that RFC 6455 §7.1.5 derives from them. */
import { requireObject, requireString } from "../bytes/given-arguments.ts";
import { CloseCode } from "./close-code.ts";
import type { Violation } from "./violation.ts";

/** The contents of a Close frame. */
export interface CloseFrame {
  /** 1005 when the frame had no body (RFC 6455 §7.1.5). */
  readonly code: number;
  /** At most 123 bytes of UTF-8 (§5.5); "" for none. */
  readonly reason: string;
}

/** The timeouts that end a connection; each is a member of {@link Timeouts}. */
export type TimeoutName = "handshake" | "idle" | "pong" | "lifetime" | "close";

/** How a connection ended: raw facts, from which `closeOutcome` derives what people call the close code. */
export interface Ended {
  /** The Close that we queued, whether or not the transport took it: see {@link isCloseSent}. */
  readonly localClose: CloseFrame | null;
  /** The transport took our Close. */
  readonly isCloseSent: boolean;
  /** The Close that arrived. */
  readonly peerClose: CloseFrame | null;
  /** Whose Close came first; null where there was none. */
  readonly firstClose: "local" | "peer" | null;
  /** What the peer did against the rules, where that is why it ended. */
  readonly violation: Violation | null;
  /** The first timer that ran out, if one did. */
  readonly timeout: TimeoutName | null;
  /** The peer ended its stream. */
  readonly isEndOfStream: boolean;
  /** `abort` was called. */
  readonly isAborted: boolean;
  /** What the host said in `transportClosed`. */
  readonly transportError: string | null;
}

/** RFC 6455 §7.1.4 to §7.1.6, derived. */
export interface CloseOutcome {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived. */
  readonly code: number;
  /** The reason of the peer's Close; "" for none. */
  readonly reason: string;
  /** Both Closes crossed. */
  readonly wasClean: boolean;
}

/**
 * Derives what an application hears of the end (RFC 6455 §7.1.5, §7.1.6): 1005 for a Close without a code, 1006 without a
 * Close.
 */
export function closeOutcome(ended: Ended): CloseOutcome {
  requireObject("ended", ended);
  const { peerClose } = ended;
  if (peerClose === null) return { code: CloseCode.Abnormal, reason: "", wasClean: false };
  requireObject("ended.peerClose", peerClose);
  requireString("ended.peerClose.reason", peerClose.reason);
  return {
    code: peerClose.code,
    reason: peerClose.reason,
    wasClean: ended.isCloseSent && ended.violation === null,
  };
}
