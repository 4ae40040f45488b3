/**
 * Bytes as the characters of the same number, U+0000 to U+00FF. HTTP gives bytes above 0x7f no meaning (RFC 9110 §5.5,
 * obs-text). This mapping keeps every byte, and an application that knows the encoding can undo the mapping.
 */

/** Bytes of one String.fromCharCode call. The arguments travel on the stack, so their number is limited. */
const BLOCK_BYTES = 4096;

export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let from = start; from < end; from += BLOCK_BYTES) {
    const block = bytes.subarray(from, Math.min(end, from + BLOCK_BYTES));
    // The type asks for an array of numbers, but `apply` takes any array-like.
    text += String.fromCharCode.apply(null, block as unknown as number[]);
  }
  return text;
}

/**
 * Writes one byte per character to `target` from `position` on, and returns the position behind the last. The caller has
 * checked that every character is below U+0100 and that the room is large enough.
 */
export function encodeLatin1(text: string, target: Uint8Array, position: number): number {
  if (position + text.length > target.length) throw new Error("bug: no room for latin1 text");
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw new Error("bug: a character above U+00FF reached the encoder of heads");
    target[position + at] = code;
  }
  return position + text.length;
}
