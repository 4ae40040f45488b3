/** How the tests show streams to the head machine, and what they compare. */
import {
  type HeadLimits,
  readRequestHead,
  readResponseHead,
} from "../../src/handshake/http-head.ts";
import { createHttpHeadReader, type HttpHeadReader } from "../../src/handshake/http-head-reader.ts";

export const ROOMY: HeadLimits = { headBytes: 16_384, headers: 100, lineBytes: 8_192 };

/** The bytes of a text whose characters are all below U+0100. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff) throw new Error(`not an octet: ${character}`);
    return code;
  });
}

/** Reads on with the function of the reader's kind. */
export function readHttpHead(
  reader: HttpHeadReader,
  ...rest: [bytes: Uint8Array, start: number, end: number, limits: HeadLimits]
): number {
  return (reader.kind === "request" ? readRequestHead : readResponseHead)(reader, ...rest);
}

/** Shows the reader each part in its turn, as reads of a socket would, until it is done or at fault. */
export function showParts(
  reader: HttpHeadReader,
  parts: readonly Uint8Array[],
  limits: HeadLimits = ROOMY,
): number {
  let taken = 0;
  for (const part of parts) taken += readHttpHead(reader, part, 0, part.length, limits);
  return taken;
}

export function readHead(
  kind: "request" | "response",
  parts: readonly Uint8Array[],
  limits: HeadLimits = ROOMY,
): HttpHeadReader {
  const reader = createHttpHeadReader(kind);
  showParts(reader, parts, limits);
  return reader;
}

/** What a reader found out: everything but the machine's own memory. */
export function findings(reader: HttpHeadReader): Record<string, unknown> {
  const { kind, done, fault, byteCount: taken, headerCount } = reader;
  const { method, target, minorVersion, statusCode, statusText, headers } = reader;
  const facts = { kind, done, fault, taken, headerCount };
  return { ...facts, method, target, minorVersion, statusCode, statusText, headers };
}
