/** The bytes of a case, encoded before anything is measured: what the generator sends, and what must come back. */
import { randomBytes } from "node:crypto";
import type { EchoCase } from "./cases.ts";

/** The key of RFC 6455 section 1.3, the same for all connections: its answer is known without computing it. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

export const REQUEST_HEAD: string = [
  "GET /echo HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");

export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The answer of a server that does no WebSocket, so that the generator takes it for one. */
export const RESPONSE_HEAD: string = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
  "\r\n",
].join("\r\n");

/** All frames that a connection has under way, masked, each with a key of its own. */
export function encodeBurst(echoCase: EchoCase): Buffer {
  const payload = payloadOf(echoCase);
  return Buffer.concat(
    Array.from({ length: echoCase.inFlight }, () => encodeFrame(echoCase, payload, randomBytes(4))),
  );
}

/** The echo of one message. */
export function encodeReply(echoCase: EchoCase): Buffer {
  return encodeFrame(echoCase, payloadOf(echoCase), null);
}

/** The same in every process. Text is ASCII, which is what most text on the wire is. */
function payloadOf({ payloadBytes, isText }: EchoCase): Buffer {
  if (isText) {
    const record = JSON.stringify({ id: 4711, from: "alice", text: "are we still on for noon?" });
    return Buffer.from(record.repeat(Math.ceil(payloadBytes / record.length))).subarray(
      0,
      payloadBytes,
    );
  }
  return Buffer.from(Uint8Array.from({ length: payloadBytes }, (_, index) => (index * 131) >> 3));
}

function encodeFrame({ isText }: EchoCase, payload: Buffer, key: Buffer | null): Buffer {
  const { length } = payload;
  const masked = key === null ? 0 : 0x80;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = isText ? 0x81 : 0x82;
  if (length < 126) {
    head[1] = masked | length;
  } else if (length < 65_536) {
    head[1] = masked | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = masked | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (key === null) return Buffer.concat([head, payload]);
  return Buffer.concat([head, key, payload.map((byte, index) => byte ^ key[index & 3]!)]);
}
