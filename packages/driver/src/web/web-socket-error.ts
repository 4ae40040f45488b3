/**
 * WebSocketError (websockets.spec.whatwg.org): the error with which a WebSocketStream fails, and with which an application can
 * abort one.
 */
import { DOMException } from "../runtime/globals.ts";
import { checkedCloseCode } from "./close-arguments.ts";
import { dictionary, enforcedUnsignedShort, exposeInterface, usvString } from "./web-idl.ts";

/** The argument of `close` of a WebSocketStream, and of `new WebSocketError`. */
export interface WebSocketCloseInfo {
  /** 1000, or 3000 to 4999. Default: a Close without a code, or 1000 where there is a reason. */
  readonly closeCode?: number;
  /** Default "". */
  readonly reason?: string;
}

/**
 * "WebSocketCloseInfo" as Web IDL reads it, and validated.
 * @throws TypeError, or a DOMException for a code or reason that cannot be sent.
 */
export function readCloseInfo(given: unknown): { code: number | null; reason: string } {
  const { closeCode, reason } = dictionary(given, "the close info");
  const code = closeCode === undefined ? null : enforcedUnsignedShort(closeCode, "closeCode");
  const text = reason === undefined ? "" : usvString(reason);
  return { code: checkedCloseCode(code, text), reason: text };
}

/** Sets facts that the constructor would refuse: only we may give the code 1006. */
let setFacts: (error: WebSocketError, code: number | null, reason: string) => void;

/** Whether the value is a WebSocketError of ours. Never throws, although `instanceof` may throw for a Proxy. */
export let isWebSocketError: (value: unknown) => value is WebSocketError;

/** Why a WebSocketStream ended with an error (WICG WebSocketStream): a DOMException with the Close's code and reason. */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  static {
    setFacts = (error, code, reason) => {
      error.#closeCode = code;
      error.#reason = reason;
    };
    isWebSocketError = (value): value is WebSocketError =>
      typeof value === "object" && value !== null && #closeCode in value;
  }

  /** @throws DOMException for a code that is neither 1000 nor from 3000 to 4999, and for a reason of more than 123 bytes. */
  constructor(message: string = "", init: WebSocketCloseInfo = {}) {
    super(`${message}`, "WebSocketError");
    const { code, reason } = readCloseInfo(init);
    this.#closeCode = code;
    this.#reason = reason;
  }

  /** The code of the peer's Close; 1006 if no Close arrived; null when there is no code to tell. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  /** The reason of the Close; "" for none. */
  get reason(): string {
    return this.#reason;
  }
}

exposeInterface(WebSocketError, "WebSocketError", ["closeCode", "reason"]);

/** @param cause the reason, for applications that look for more than the standard's fields. */
export function webSocketError(
  message: string,
  facts: { readonly code: number | null; readonly reason: string; readonly cause: unknown },
): WebSocketError {
  const error = new WebSocketError(message);
  setFacts(error, facts.code, facts.reason);
  if (facts.cause !== null) {
    Object.defineProperty(error, "cause", { value: facts.cause, configurable: true });
  }
  return error;
}
