/**
 * A message that the application sends in fragments (RFC 6455 §5.4), from `startMessage` to the final fragment. A
 * connection has at most one. `message-assembly` is the same for incoming messages.
 */
import { encodedText, type Kernels } from "../bytes/kernels.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { isHighSurrogate } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";

export interface OutgoingMessage {
  readonly opcode: number;
  /** The extension session transforms the message, and its bits stand on the first frame. */
  readonly isExtended: boolean;
  isFirst: boolean;
  /** Of text given as bytes; see {@link validateUtf8}. */
  utf8State: number;
  /** The first half of a surrogate pair whose second half may begin the next fragment. */
  pendingSurrogate: string;
}

export function createOutgoingMessage(opcode: number, isExtended: boolean): OutgoingMessage {
  return { opcode, isExtended, isFirst: true, utf8State: UTF8_ACCEPT, pendingSurrogate: "" };
}

/** A pair of surrogates is one character, also when two fragments contain one half each. */
export function encodeFragment(
  outgoing: OutgoingMessage,
  kernels: Kernels,
  data: string,
  isFinal: boolean,
): Uint8Array {
  if (outgoing.utf8State !== UTF8_ACCEPT) {
    throw new MisuseError(
      "a string fragment follows bytes that end inside a character (RFC 6455 §8.1)",
    );
  }
  let text = outgoing.pendingSurrogate + data;
  outgoing.pendingSurrogate = "";
  if (!isFinal && text.length > 0 && isHighSurrogate(text.charCodeAt(text.length - 1))) {
    outgoing.pendingSurrogate = text.slice(-1);
    text = text.slice(0, -1);
  }
  return encodedText(kernels, text);
}

export function checkedFragment(
  outgoing: OutgoingMessage,
  data: Uint8Array,
  isFinal: boolean,
): Uint8Array {
  if (outgoing.pendingSurrogate !== "") {
    throw new MisuseError(
      "bytes follow a string fragment that ends inside a surrogate pair (RFC 6455 §8.1)",
    );
  }
  const verdict = validateUtf8(data, 0, data.length, outgoing.utf8State);
  if (verdict < 0) {
    throw new MisuseError(`text byte ${~verdict} of the fragment is not UTF-8 (RFC 6455 §8.1)`);
  }
  if (isFinal && verdict !== UTF8_ACCEPT) {
    throw new MisuseError("the text message ends inside a character (RFC 6455 §8.1)");
  }
  outgoing.utf8State = verdict;
  return data;
}
