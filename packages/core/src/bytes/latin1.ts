/**
 * Bytes as the characters of the same number, U+0000 to U+00FF. HTTP gives bytes above 0x7f no meaning
 * (RFC 9110 §5.5, obs-text); this mapping keeps every one of them, and an application that knows better can undo it.
 */

/** Bytes per String.fromCharCode call: the arguments travel on the stack, so not too many at once. */
const BLOCK_BYTES = 4096;

export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let from = start; from < end; from += BLOCK_BYTES) {
    const block = bytes.subarray(from, Math.min(end, from + BLOCK_BYTES));
    // The argument is typed as an array of numbers; any array-like will do.
    text += String.fromCharCode.apply(null, block as unknown as number[]);
  }
  return text;
}

/**
 * Writes one byte per character to `target` from `position` on, and returns the position behind the last.
 * Every character must be below U+0100 and there must be room: whoever made the text has judged it.
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
