/**
 * DEFLATE by node:zlib, synchronous and with context takeover, for permessage-deflate (RFC 7692) on Node, Deno and Bun.
 *
 * @module
 */
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";
import { contextCodec } from "./context-codec.ts";
import { oneShotCodec } from "./one-shot-codec.ts";
import { passesSelfTest } from "./self-test.ts";

export { contextCodec } from "./context-codec.ts";
export { oneShotCodec } from "./one-shot-codec.ts";
export { passesSelfTest } from "./self-test.ts";

let chosen: DeflateCodec | null = null;

/**
 * The best codec that this runtime's node:zlib gives: with context takeover where its self-test passes, and otherwise one
 * on public functions, which compresses each message by itself. The test runs once per process, at the first call, and takes
 * some milliseconds.
 */
export function zlibCodec(): DeflateCodec {
  chosen ??= passesSelfTest(contextCodec) ? contextCodec : oneShotCodec;
  return chosen;
}
