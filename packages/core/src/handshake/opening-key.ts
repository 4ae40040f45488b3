/**
 * The key of the client, and the proof that the server has read the key (RFC 6455 §1.3, §4.1, §4.2.2). A server that does
 * not know the protocol cannot give this proof by accident, and a cache cannot either.
 */

import { decodeBase64, encodeBase64 } from "../bytes/base64.ts";
import { describeValue } from "../bytes/describe-value.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { encodeLatin1 } from "../bytes/latin1.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { sha1 } from "../bytes/sha1.ts";

/** §1.3: a GUID that is unlikely to be used by anything that does not understand the WebSocket protocol. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** §4.1: the nonce. */
const KEY_BYTES = 16;

/**
 * The Sec-WebSocket-Key of one connection.
 * @param random16 16 bytes from a strong source of entropy, new for each connection (§4.1); read-only.
 * @throws MisuseError when there are not 16.
 */
export function createKey(random16: Uint8Array): string {
  if (!isBytes(random16) || random16.length !== KEY_BYTES) {
    const given = isBytes(random16) ? random16.length : describeValue(random16);
    throw new MisuseError(
      `a key is made of 16 random bytes in a Uint8Array, not of ${given} (RFC 6455 §4.1)`,
    );
  }
  return encodeBase64(random16);
}

/**
 * Whether `key`, without whitespace around it, is 16 bytes in base64 (§4.2.1). The padding bits need not be zero: in the
 * example of §4.1 they are not.
 */
export function isValidKey(key: string): boolean {
  return typeof key === "string" && decodeBase64(key)?.length === KEY_BYTES;
}

/**
 * §4.2.2: the Sec-WebSocket-Accept that answers a valid key. The hash is over the text of the key, and not over the 16
 * bytes that the text encodes.
 * @throws MisuseError for a key that is not valid.
 */
export function acceptFor(key: string): string {
  if (!isValidKey(key)) {
    throw new MisuseError(
      "key is not 16 bytes in base64 (RFC 6455 §4.2.1): take the key of an UpgradeHead",
    );
  }
  const message = new Uint8Array(key.length + GUID.length);
  encodeLatin1(GUID, message, encodeLatin1(key, message, 0));
  return encodeBase64(sha1(message));
}
