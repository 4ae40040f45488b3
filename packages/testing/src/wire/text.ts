/** UTF-8 (RFC 3629) by way of percent-encoding: every runtime has it, and engines under test need no TextEncoder. */
import { toHex } from "./bytes.ts";
import { readUtf8 } from "./utf8-reader.ts";

/** The bytes of `text` in UTF-8. @throws URIError for a lone surrogate, which has no bytes. */
export function encodeText(text: string): Uint8Array {
  return Uint8Array.from(bytesOf(encodeURIComponent(text)));
}

function* bytesOf(percent: string): Generator<number, void, undefined> {
  for (let index = 0; index < percent.length; index += 1) {
    if (percent[index] === "%") {
      yield Number.parseInt(percent.slice(index + 1, index + 3), 16);
      index += 2;
    } else {
      yield percent.charCodeAt(index);
    }
  }
}

/** The text of bytes in UTF-8; null if the bytes are not whole and right. A byte order mark stays. */
export function decodeText(bytes: Uint8Array): string | null {
  const { badAt, openAt } = readUtf8(bytes);
  if (badAt !== null || openAt !== null) return null;
  return decodeURIComponent(toHex(bytes).replace(/../g, "%$&"));
}

/** Bytes as one character each, as a string literal shows them: for heads of HTTP, in reports. */
export function quoteLatin1(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return JSON.stringify(text).slice(1, -1);
}
