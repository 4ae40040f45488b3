/** UTF-8 (RFC 3629), written by way of percent-encoding: no runtime lacks it, and engines under test need not have a TextEncoder. */

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
