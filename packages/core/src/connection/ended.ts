/** How a connection ended: the facts, and the close code that RFC 6455 §7.1.5 derives from them. */
import { requireObject, requireString } from "../bytes/given-arguments.ts";
import { ABNORMAL } from "./close-code.ts";
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

/** How a connection ended, as raw facts. `closeOutcome` derives the close code of RFC 6455 §7.1.5 from these facts. */
export interface Ended {
  /** The Close that we queued. {@link isCloseSent} says whether the transport took that Close. */
  readonly localClose: CloseFrame | null;
  /** The transport took our Close. */
  readonly isCloseSent: boolean;
  /** The Close that arrived. */
  readonly peerClose: CloseFrame | null;
  /** The side whose Close came first; null without a Close. */
  readonly firstClose: "local" | "peer" | null;
  /** The rule that the peer broke; null when the connection ended for another reason. */
  readonly violation: Violation | null;
  /** The first timer that ran out, if one did. */
  readonly timeout: TimeoutName | null;
  /** The peer ended its stream. */
  readonly isEndOfStream: boolean;
  /** `abort` was called. */
  readonly isAborted: boolean;
  /** The error that the host gave to `transportClosed`. */
  readonly transportError: string | null;
}

/** The close code and the close reason of RFC 6455 §7.1.5 and §7.1.6, and whether the close was clean (§7.1.4). */
export interface CloseOutcome {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived. */
  readonly code: number;
  /** The reason of the peer's Close; "" for none. */
  readonly reason: string;
  /** Both Closes crossed. */
  readonly wasClean: boolean;
}

/**
 * Derives the close code and the close reason from the facts (RFC 6455 §7.1.5, §7.1.6). The code is 1005 for a Close
 * without a code, and 1006 when no Close arrived.
 */
export function closeOutcome(ended: Ended): CloseOutcome {
  requireObject("ended", ended);
  const { peerClose } = ended;
  if (peerClose === null) return { code: ABNORMAL, reason: "", wasClean: false };
  requireObject("ended.peerClose", peerClose);
  requireString("ended.peerClose.reason", peerClose.reason);
  return {
    code: peerClose.code,
    reason: peerClose.reason,
    wasClean: ended.isCloseSent && ended.violation === null,
  };
}
