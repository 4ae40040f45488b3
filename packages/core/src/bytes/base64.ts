/** Base64, RFC 4648 §4: the alphabet with "+" and "/", and padding. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NOT_IN_ALPHABET = 0xff;

/** The six bits of each character, by code. */
const SixBits: Uint8Array = /* @__PURE__ */ sixBitsByCode();

function sixBitsByCode(): Uint8Array {
  const sixBits = new Uint8Array(256).fill(NOT_IN_ALPHABET);
  for (let at = 0; at < 64; at += 1) sixBits[ALPHABET.charCodeAt(at)] = at;
  return sixBits;
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += left > 1 ? ALPHABET[(group >> 6) & 63]! : "=";
    text += left > 2 ? ALPHABET[group & 63]! : "=";
  }
  return text;
}

/**
 * The bytes, or null for malformed text. The text must have its padding (§3.2), and no character outside the alphabet is
 * skipped (§3.3). Padding bits that are not zero are accepted, as §3.5 allows and as `atob` does: these bits carry no data.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const characters = text.length - padding;
  let group = 0;
  let bits = 0;
  let length = 0;
  for (let at = 0; at < characters; at += 1) {
    const sixBits = SixBits[text.charCodeAt(at)] ?? NOT_IN_ALPHABET;
    if (sixBits === NOT_IN_ALPHABET) return null;
    group = ((group << 6) | sixBits) & 0xff_ff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length] = (group >> bits) & 0xff;
      length += 1;
    }
  }
  return bytes;
}
