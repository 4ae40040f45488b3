/**
 * DEFLATE in plain JavaScript, on the low-level functions of pako, for permessage-deflate (RFC 7692) on hosts without
 * node:zlib: pages, workers, any other engine. Two to four times slower than native zlib.
 *
 * @module
 */
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";
import { createPakoCodec } from "./pako-codec.ts";

const codec: DeflateCodec = createPakoCodec("keep window");

/** A codec with context takeover. It keeps no state of its own: one may serve any number of connections. */
export function pakoCodec(): DeflateCodec {
  return codec;
}
