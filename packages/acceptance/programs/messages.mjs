/** Messages that tests and programs make alike, and what they say of those they got. Runs in a page too. */

/** @param {string} text */
function checksum(text) {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) {
    sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0;
  }
  return sum;
}

/**
 * A message as something that fits into a line, and tells it from all others.
 * @param {string | Uint8Array} message
 */
export function described(message) {
  if (typeof message === "string") {
    if (message.length <= 60) return { text: message };
    return { characters: message.length, checksum: checksum(message) };
  }
  let sum = 0;
  for (const byte of message) sum = (Math.imul(sum, 31) + byte) | 0;
  return { bytes: message.length, checksum: sum };
}

/**
 * Bytes of which each tells its place.
 * @param {number} length
 */
export function pattern(length) {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
  return bytes;
}
