/**
 * Prose for violations, apart from the engine so that those who want none pay for none:
 * `import { describeViolation } from "@sansocket/core/describe"`.
 *
 * @module
 */

import { describeValue } from "./bytes/describe-value.ts";
import { requireObject, requireString } from "./bytes/given-arguments.ts";
import { MisuseError } from "./bytes/misuse-error.ts";
import type { Violation, ViolationKind } from "./connection/violation.ts";

export { describeValue } from "./bytes/describe-value.ts";

/** The fault of each kind, without its place. */
const Sentences: { readonly [K in ViolationKind]: string } = {
  // frames
  "reserved-bit-set": "a frame has an RSV bit set that no negotiated extension has given a meaning",
  "reserved-opcode": "a frame has a reserved opcode",
  "mask-missing": "a client sent a frame that is not masked",
  "mask-unexpected": "a server sent a frame that is masked",
  "control-fragmented": "a control frame is fragmented",
  "control-too-long": "a control frame carries more than 125 bytes",
  "length-not-minimal": "a payload length is not encoded in as few bytes as possible",
  "length-top-bit-set": "a 64-bit payload length has its most significant bit set",
  "length-unsafe": "a payload length is above 2^53 - 1 bytes",
  "frame-too-large": "a frame is larger than limits.frame",
  // messages
  "continuation-unexpected": "a continuation frame has no message that it continues",
  "continuation-missing": "a new message begins while another one is not finished",
  "message-too-large": "a message is larger than limits.message",
  "too-many-fragments": "a message has more frames than limits.fragments",
  "text-not-utf8": "a text message is not UTF-8",
  "text-truncated": "a text message ends inside a UTF-8 character",
  "extension-data-corrupt": "a payload is not what the negotiated extension produces",
  // closing
  "close-body-one-byte": "a Close frame has a body of one byte, half a code",
  "close-code-invalid": "a Close frame has a code that must not be sent",
  "close-reason-not-utf8": "the reason in a Close frame is not UTF-8",
  // the head of the opening handshake
  "head-too-large": "an HTTP head is larger than limits.headBytes",
  "request-line-too-long": "the request line is longer than limits.lineBytes",
  "line-too-long": "a line of an HTTP head is longer than limits.lineBytes",
  "too-many-headers": "an HTTP head has more header lines than limits.headers",
  "bare-line-feed": "a line of an HTTP head ends in LF without CR",
  "bare-carriage-return": "a line of an HTTP head has a CR without LF",
  "obsolete-folding": "a header is folded over several lines",
  "space-before-colon": "a header name is followed by white space",
  "header-name-malformed": "a header name is not a token",
  "header-value-malformed": "a header value has a control character",
  "request-line-malformed": "the request line is not method, target and version",
  "status-line-malformed": "the status line is not version, status code and reason",
  "http-version-unsupported": "the HTTP version is neither 1.0 nor 1.1",
  // the request
  "target-malformed": "the request target is malformed",
  "host-missing": "the request has no Host header",
  "host-duplicate": "the request has several Host headers",
  "host-malformed": "the Host header is malformed",
  "content-length-malformed": "Content-Length is no number, or says two lengths",
  "transfer-encoding-malformed":
    "the last coding of Transfer-Encoding is not chunked, or the version has no such codings",
  "body-length-ambiguous": "the request has both a Transfer-Encoding and a Content-Length",
  "method-not-get": "the method of an opening handshake is not GET",
  "body-in-upgrade": "an opening handshake announces a body",
  "connection-close": "an opening handshake says Connection: close",
  "key-missing": "Sec-WebSocket-Key is missing",
  "key-duplicate": "Sec-WebSocket-Key is there more than once",
  "key-malformed": "Sec-WebSocket-Key is not the base64 of 16 bytes",
  "version-missing": "Sec-WebSocket-Version is missing",
  "version-unsupported": "Sec-WebSocket-Version is not 13",
  "origin-duplicate": "Origin is there more than once",
  "origin-refused": "the Origin is not allowed to connect",
  "host-refused": "the Host is none that this server answers for",
  "protocol-malformed": "Sec-WebSocket-Protocol is not a list of distinct tokens",
  "extensions-malformed": "Sec-WebSocket-Extensions is malformed",
  "upgrade-missing": "the Upgrade header does not name websocket",
  "connection-upgrade-missing": "the Connection header does not name Upgrade",
  // the response
  "status-not-101": "the server did not answer 101 Switching Protocols",
  "upgrade-not-websocket": "the server switched to another protocol than websocket",
  "accept-missing": "Sec-WebSocket-Accept is missing",
  "accept-duplicate": "Sec-WebSocket-Accept is there more than once",
  "accept-wrong": "Sec-WebSocket-Accept does not answer our key",
  "protocol-not-offered": "the server chose a subprotocol that was not offered",
  "protocol-duplicate": "the server chose more than one subprotocol",
  "response-extensions-malformed": "the server's Sec-WebSocket-Extensions is malformed",
  "extension-not-offered": "the server chose an extension that was not offered",
  "extension-duplicate": "the server chose an extension more than once",
  "extension-parameters-refused":
    "the server chose parameters of an extension that do not follow from the offer",
  // the answer of a proxy
  "upgrade-not-requested": "the proxy switched to a protocol that was not asked for",
};

/** One sentence: what the peer did, where, by which section it is forbidden, and what it was answered. */
export function describeViolation(violation: Violation): string {
  requireObject("violation", violation);
  const { kind, section, closeCode, status, offset } = violation;
  if (typeof kind !== "string" || !Object.hasOwn(Sentences, kind)) {
    throw new MisuseError(
      `violation.kind is ${describeValue(kind)}, which is none of the engine's`,
    );
  }
  requireString("violation.section", section);
  for (const [name, value] of Object.entries({ closeCode, status, offset })) {
    if (typeof value === "number") continue;
    throw new MisuseError(`violation.${name} is ${describeValue(value)}: give a number`);
  }
  const where = offset >= 0 ? ` at byte ${offset}` : "";
  const source = section.startsWith("RFC") ? section : `RFC 6455 ${section}`;
  const answer = closeCode !== 0 ? `; closed with ${closeCode}` : "";
  const refusal = status !== 0 ? `; answered with ${status}` : "";
  return `${Sentences[kind]}${where} (${source})${answer}${refusal}`;
}
